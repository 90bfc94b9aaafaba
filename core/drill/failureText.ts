const LENGTH_MAX = 400;

/**
 * The sentence inside the cause of a failed state. Lambda gives JSON with errorMessage and a trace, which
 * is for logs and not for people; anything else is shown as it is, on one line.
 */
export const failureText = (cause: string): string => {
  const message = /"errorMessage":"((?:[^"\\]|\\.)*)"/.exec(cause)?.[1];
  const text =
    message === undefined ? cause : message.replace(/\\(["\\/])/g, '$1').replace(/\\n/g, ' ');
  return text.replace(/\s+/g, ' ').trim().slice(0, LENGTH_MAX);
};
