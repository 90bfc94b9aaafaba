// What is compared: the settings of each system, and how it is started.
import { type ChildProcess, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Watched } from './messages.ts';
import { type Place, spawnIn } from './place.ts';

export type System = {
  readonly name: string;
  /** What is set, in a few words. */
  readonly settings: string;
  /** Debian's packages, and the program that shows whether they are installed; null for our own. */
  readonly needs: { readonly packages: string; readonly program: string } | null;
  /** Whether it works only in a network namespace of its own. */
  readonly needsNamespace?: true;
  readonly watched: (place: Place) => Watched;
  readonly start: (place: Place) => ChildProcess;
};

export const isInstalled = ({ needs }: System): boolean =>
  needs === null || spawnSync('which', [needs.program]).status === 0;

const NAME = 'www.example.test';
const sideAt = ({ host, port }: { host: string; port: number }) => `${host}:${port}`;

/** Standard output and error go to a file beside the configuration. */
const run = (place: Place, command: string, args: readonly string[], cwd = place.dir) => {
  const log = openSync(path.join(place.dir, 'log'), 'a');
  const child = spawnIn(place, command, args, { cwd, stdio: ['ignore', log, log] });
  closeSync(log);
  return child;
};

const write = (place: Place, name: string, text: string, mode = 0o644): string => {
  const file = path.join(place.dir, name);
  writeFileSync(file, text, { mode });
  return file;
};

const dnsAt = (place: Place): Watched => ({ kind: 'dns', at: place.answers, name: NAME });

const ours: System = {
  name: 'ours',
  settings: 'failover watch: every 1 s, down 2 s, up 5 s, driver record',
  needs: null,
  watched: dnsAt,
  start: (place) => {
    const config = write(
      place,
      'failover.yml',
      `service: web
record: ${NAME}
regions:
  primary: { name: eu-west-1, endpoint: "http://${sideAt(place.primary)}/health" }
  standby: { name: eu-central-1, endpoint: "http://${sideAt(place.standby)}/health" }
health: { interval: 1s, timeout: 1s, down: 2s, up: 5s }
failover: { mode: auto, failback: auto, cooldown: 0s, perDay: unlimited }
dns: { listen: "${sideAt(place.answers)}", ttl: 1s, driver: record }
`,
    );
    const root = path.resolve(import.meta.dirname, '../..');
    const data = path.join(place.dir, 'data');
    const args = ['cli/main.ts', 'watch', '--config', config, '--data', data];
    return run(place, process.execPath, args, root);
  },
};

const gdnsd: System = {
  name: 'gdnsd',
  settings: 'http_status every 2 s, timeout 1 s, down 3, ok 2, up 2; simplefo',
  needs: { packages: 'gdnsd', program: 'gdnsd' },
  watched: dnsAt,
  start: (place) => {
    mkdirSync(path.join(place.dir, 'zones'));
    const [run_, state] = ['run', 'state'].map((name) => path.join(place.dir, name));
    write(
      place,
      'config',
      `options => { listen => ${sideAt(place.answers)}, run_dir => ${run_}, state_dir => ${state} }
service_types => {
  web => {
    plugin => http_status, port => ${place.primary.port}, url_path => /health, vhost => ${NAME},
    interval => 2, timeout => 1, down_thresh => 3, ok_thresh => 2, up_thresh => 2
  }
}
plugins => {
  simplefo => {
    service_types => web
    www => { primary => ${place.primary.host}, secondary => ${place.standby.host} }
  }
}
`,
    );
    write(
      place,
      'zones/example.test',
      `@ SOA ns1 hostmaster ( 1 7200 1800 259200 900 )
@ NS ns1
ns1 A 192.0.2.53
www 1 DYNA simplefo!www
`,
    );
    return run(place, 'gdnsd', ['-c', place.dir, 'start']);
  },
};

const pdns: System = {
  name: 'pdns',
  settings: 'lua ifurlup every 1 s, timeout 1 s',
  needs: { packages: 'pdns-server pdns-backend-bind', program: 'pdns_server' },
  watched: dnsAt,
  start: (place) => {
    const { primary, standby } = place;
    const check = `http://${NAME}:${primary.port}/health`;
    const groups = `{ {'${primary.host}'}, {'${standby.host}'} }`;
    const zone = write(
      place,
      'zone',
      `$ORIGIN example.test.
@ 60 IN SOA ns1 hostmaster 1 7200 1800 259200 900
@ 60 IN NS ns1
ns1 60 IN A 192.0.2.53
www 1 IN LUA A ( "ifurlup('${check}', ${groups}, { timeout=1 })" )
`,
    );
    const named = write(
      place,
      'named.conf',
      `zone "example.test" { type master; file "${zone}"; };\n`,
    );
    write(
      place,
      'pdns.conf',
      `launch=bind
bind-config=${named}
local-address=${place.answers.host}
local-port=${place.answers.port}
socket-dir=${place.dir}
daemon=no
guardian=no
enable-lua-records=yes
lua-health-checks-interval=1
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
security-poll-suffix=
`,
    );
    return run(place, 'pdns_server', [`--config-dir=${place.dir}`]);
  },
};

const haproxyWith = (name: string, settings: string, extra: string): System => ({
  name,
  settings,
  needs: { packages: 'haproxy', program: 'haproxy' },
  watched: ({ answers }) => ({ kind: 'http', at: answers }),
  start: (place) => {
    const check = `check inter 1s fall 3 rise 2${extra}`;
    const config = write(
      place,
      'haproxy.cfg',
      `defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s
  timeout check 1s
frontend web
  bind ${sideAt(place.answers)}
  default_backend regions
backend regions
  option httpchk GET /health
  http-check expect status 200
  server primary ${sideAt(place.primary)} ${check}
  server standby ${sideAt(place.standby)} ${check} backup
`,
    );
    return run(place, 'haproxy', ['-db', '-f', config]);
  },
});

const activeFile = (place: Place) => path.join(place.dir, 'active');

const keepalived: System = {
  name: 'keepalived',
  settings: 'vrrp_script with curl every 1 s, timeout 1 s, fall 3, rise 2; seen in the notify file',
  needs: { packages: 'keepalived curl', program: 'keepalived' },
  needsNamespace: true,
  watched: (place) => ({ kind: 'file', file: activeFile(place) }),
  start: (place) => {
    const active = activeFile(place);
    const check = write(
      place,
      'check.sh',
      `#!/bin/sh\nexec curl -fsS -m 1 -o /dev/null http://${sideAt(place.primary)}/health\n`,
      0o755,
    );
    const notify = write(
      place,
      'notify.sh',
      `#!/bin/sh\necho "$1" > ${active}.new && mv ${active}.new ${active}\n`,
      0o755,
    );
    const config = write(
      place,
      'keepalived.conf',
      `global_defs {
  enable_script_security
  script_user root
}
vrrp_script web {
  script "${check}"
  interval 1
  timeout 1
  fall 3
  rise 2
  init_fail
}
vrrp_instance web {
  state MASTER
  interface v0
  virtual_router_id 51
  priority 100
  advert_int 1
  virtual_ipaddress { 192.0.2.100/32 }
  track_script { web }
  notify_master "${notify} primary"
  notify_backup "${notify} standby"
  notify_fault "${notify} standby"
}
`,
    );
    const pids = ['pid', 'vrrp.pid', 'checkers.pid'].map((name) => path.join(place.dir, name));
    const [pid = '', vrrp = '', checkers = ''] = pids;
    const files = ['-p', pid, '-r', vrrp, '-c', checkers];
    return run(place, 'keepalived', ['-n', '-l', '-P', '-f', config, ...files]);
  },
};

export const SYSTEMS: readonly System[] = [
  ours,
  gdnsd,
  pdns,
  haproxyWith('haproxy', 'checks every 1 s, fall 3, rise 2; seen in answers served', ''),
  haproxyWith(
    'haproxy-fast',
    'the same with fastinter 100 ms; seen in answers served',
    ' fastinter 100ms',
  ),
  keepalived,
];
