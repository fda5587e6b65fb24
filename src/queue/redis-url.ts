import { badInput, show } from '../base/errors.ts';

/** Where a Redis is, and how to log in. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  /** Number of the data base. */
  readonly db: number;
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
}

const DEFAULT_PORT = 6379;

/**
 * Reads redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss:// for TLS.
 * @param password used where the URL has none
 * @throws bad-input, without the password
 */
export function parseRedisUrl(text: string, password?: string): RedisAddress {
  const refuse = (found: string) =>
    badInput(
      {
        where: 'address of the queue',
        wanted: 'redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss://',
        found,
      },
      'For a Redis on this machine: redis://localhost:6379.',
    );
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refuse(show(withoutPassword(text)));
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') throw refuse(show(withoutPassword(text)));
  const db = /^\/?(\d{0,4})$/.exec(url.pathname)?.[1];
  if (url.hostname === '' || db === undefined || url.search !== '' || url.hash !== '') {
    throw refuse(show(withoutPassword(text)));
  }
  const secret = url.password === '' ? password : decoded(url.password);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    db: Number(db),
    tls: url.protocol === 'rediss:',
    ...(url.username === '' ? {} : { username: decoded(url.username) }),
    ...(secret === undefined ? {} : { password: secret }),
  };
}

/** The address for people: never with user or password. */
export function describeAddress({ host, port, db, tls }: RedisAddress): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'rediss' : 'redis'}://${name}:${port}${db === 0 ? '' : `/${db}`}`;
}

/** Everything that may be a secret is cut out: what stands before the last @, and all of what has a question mark. */
function withoutPassword(text: string): string {
  const scheme = /^[\w+.-]+:\/\//.exec(text)?.[0] ?? '';
  if (text.includes('?')) return `${scheme}…`;
  const at = text.lastIndexOf('@');
  return at < 0 ? text : `${scheme}…${text.slice(at)}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
