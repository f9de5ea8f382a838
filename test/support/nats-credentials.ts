import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { nkeys as Nkeys } from '@nats-io/transport-node';
import { temporaryFolder } from './cli.ts';

type KeyPair = ReturnType<typeof Nkeys.createUser>;

export interface TestCertificates {
  /** PEM files. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** A CA of the test's own, and a certificate of it for 127.0.0.1. */
export function makeCertificates(): TestCertificates {
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder, name);
  const make = (name: string, subject: string, ...more: string[]): void => {
    const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2';
    const out = ['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)];
    execFileSync('openssl', [...args.split(' '), ...out, '-subj', subject, ...more], {
      stdio: 'ignore',
    });
  };
  make('ca', '/CN=relyable test CA');
  make(
    'server',
    '/CN=nats',
    '-CA',
    file('ca.pem'),
    '-CAkey',
    file('ca.key'),
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-addext',
    'basicConstraints=critical,CA:FALSE',
  );
  return { ca: file('ca.pem'), certificate: file('server.pem'), key: file('server.key') };
}

/** A token as NATS writes it: claims that `issuer` signs for `subject`. */
function encodeJwt(issuer: KeyPair, subject: string, nats: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    iat: 1_700_000_000,
    iss: issuer.getPublicKey(),
    sub: subject,
    name: 'test',
    nats,
  };
  const jti = createHash('sha256').update(JSON.stringify(claims)).digest('hex').toUpperCase();
  const signed = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part({ jti, ...claims })}`;
  return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString('base64url')}`;
}

/** A server in operator mode, and the credentials file of a user whom it knows by its account alone. */
export function makeOperator(nkeys: typeof Nkeys): { config: string; credentials: string } {
  const operator = nkeys.createOperator();
  const [account, system, user] = [
    nkeys.createAccount(),
    nkeys.createAccount(),
    nkeys.createUser(),
  ];
  const unlimited = {
    subs: -1,
    data: -1,
    payload: -1,
    conn: -1,
    leaf: -1,
    imports: -1,
    exports: -1,
  };
  const storage = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const version = 2;
  const accountJwt = (pair: KeyPair, limits: object): string =>
    encodeJwt(operator, pair.getPublicKey(), {
      limits: { ...limits, wildcards: true },
      default_permissions: { pub: {}, sub: {} },
      type: 'account',
      version,
    });
  const userJwt = encodeJwt(account, user.getPublicKey(), {
    pub: {},
    sub: {},
    subs: -1,
    data: -1,
    payload: -1,
    type: 'user',
    version,
  });
  const seed = Buffer.from(user.getSeed()).toString('latin1');
  const credentials = join(temporaryFolder(), 'user.creds');
  // Without a line end at its end, as editors may leave it.
  writeFileSync(
    credentials,
    `-----BEGIN NATS USER JWT-----\n${userJwt}\n------END NATS USER JWT------\n\n` +
      `-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------`,
  );
  const operatorJwt = encodeJwt(operator, operator.getPublicKey(), {
    system_account: system.getPublicKey(),
    type: 'operator',
    version,
  });
  const config = `operator: ${operatorJwt}
system_account: ${system.getPublicKey()}
resolver: MEMORY
resolver_preload: {
  ${account.getPublicKey()}: ${accountJwt(account, { ...unlimited, ...storage })}
  ${system.getPublicKey()}: ${accountJwt(system, unlimited)}
}
`;
  return { config, credentials };
}
