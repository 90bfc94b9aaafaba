import path from 'node:path';
import { completeLibraries, unpackPackages } from './debianPackages.ts';
import type { Tree } from './tree.ts';

const MAIN_CONF = `user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /var/log/nginx/access.log;
  sendfile on;
  keepalive_timeout 65;
  include /etc/nginx/conf.d/*.conf;
}
`;

const DEFAULT_CONF = `server {
  listen 80;
  server_name localhost;
  root /usr/share/nginx/html;
  index index.html;
}
`;

// Templates in /etc/nginx/templates get the environment filled in, as the registry's image does.
const ENTRYPOINT = `#!/bin/sh
set -e
for template in /etc/nginx/templates/*.template; do
  [ -f "$template" ] || continue
  names=$(env | sed -n 's/^\\([A-Za-z_][A-Za-z0-9_]*\\)=.*/\${\\1}/p' | tr '\\n' ' ')
  envsubst "$names" < "$template" > "/etc/nginx/conf.d/$(basename "$template" .template)"
done
for script in /docker-entrypoint.d/*.sh; do
  [ -x "$script" ] && "$script"
done
exec "$@"
`;

/** nginx from its Debian package, laid out as the registry's nginx image is. */
export const addNginx = async (tree: Tree, work: string): Promise<void> => {
  const root = path.join(work, 'packages');
  await unpackPackages(['nginx', 'nginx-common', 'gettext-base'], root);
  const program = path.join(root, 'usr/sbin/nginx');
  const envsubst = path.join(root, 'usr/bin/envsubst');
  const libraries = [
    ...(await completeLibraries(program, root, 'nginx')),
    ...(await completeLibraries(envsubst, root, 'gettext-base')),
  ];
  // A library that came out of a package keeps the path it has inside that package.
  const inside = (file: string) => (file.startsWith(root) ? file.slice(root.length) : file);
  await tree.libraries(libraries.map(({ path: at, real }) => ({ path: inside(at), real })));
  await tree.copy(program, '/usr/sbin/nginx');
  await tree.copy(envsubst, '/usr/bin/envsubst');
  await tree.copy(path.join(root, 'etc/nginx/mime.types'), '/etc/nginx/mime.types');
  await tree.file('/etc/nginx/nginx.conf', MAIN_CONF);
  await tree.file('/etc/nginx/conf.d/default.conf', DEFAULT_CONF);
  await tree.file('/usr/share/nginx/html/index.html', '<!doctype html><title>nginx</title>\n');
  await tree.file('/docker-entrypoint.sh', ENTRYPOINT, 0o755);
  for (const folder of ['/docker-entrypoint.d', '/var/cache/nginx', '/var/lib/nginx']) {
    await tree.folder(folder);
  }
  await tree.link('/dev/stdout', '/var/log/nginx/access.log');
  await tree.link('/dev/stderr', '/var/log/nginx/error.log');
};
