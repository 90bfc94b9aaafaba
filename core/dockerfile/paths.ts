/** Absolute paths inside an image, always with forward slashes. */

/** `path` seen from `folder`: `.` and `..` resolved, no slash at the end but that of the root. */
export const joinPath = (folder: string, path: string): string => {
  const whole = path.startsWith('/') ? path : `${folder}/${path}`;
  const parts: string[] = [];
  for (const part of whole.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
};

/** Whether `path` is `folder` or lies in it; both absolute and without `.` or `..`. */
export const isInside = (path: string, folder: string): boolean =>
  path === folder || folder === '/' || path.startsWith(`${folder}/`);
