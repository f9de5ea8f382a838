import { join } from 'node:path';
import {
  ENV_FILES,
  exportFromFile,
  readEnvValue,
  readTextIfExists,
} from '../../../config/env-file.ts';
import { gitStatus } from '../../../config/git-status.ts';
import {
  DEVELOPMENT_SECRET_SOURCE,
  resolveSecrets,
  SECRET_ENV_NAME,
  type Secrets,
} from '../../../config/secrets.ts';
import { RelyableError } from '../../../errors.ts';
import { type Check, failureOf, type Found, info, ok, type Subject, warning } from '../finding.ts';

/** The secret in use, and whether the app's own env files set the same one. */
export const checkSecret: Check = async (subject) => {
  let secrets: Secrets;
  try {
    secrets = resolveSecrets(subject.context, subject.layers, {});
  } catch (error) {
    if (error instanceof RelyableError) return [failureOf(error)];
    throw error;
  }
  const [{ source, value }] = secrets.chosen;
  const notes = secrets.warnings.map((message) =>
    warning(message, 'set it again without the white space'),
  );
  const files = await compareEnvFiles(subject, value, source);
  if (files.length === 0 && source === DEVELOPMENT_SECRET_SOURCE) {
    const found = info(
      'using the development secret; your app needs it too',
      `relyable init writes ${SECRET_ENV_NAME} to your app's env file; relyable listen --print-secret prints it`,
    );
    return [found, ...notes];
  }
  return [ok(`from ${source}`), ...notes, ...files];
};

/** Findings for each env file that sets the secret; where it differs, signatures do not match. */
async function compareEnvFiles(subject: Subject, value: string, source: string): Promise<Found[]> {
  const { context, layers } = subject;
  const names = new Set([
    SECRET_ENV_NAME,
    ...layers.flatMap(({ values }) => values.secretEnv ?? []),
  ]);
  const findings: Found[] = [];
  for (const file of ENV_FILES) {
    const text = readTextIfExists(join(context.cwd, file));
    for (const name of names) {
      const appSecret = text === undefined ? undefined : readEnvValue(text, name);
      if (appSecret === undefined) continue;
      findings.push(judgeAppSecret(subject, { file, name, appSecret }, { value, source }));
      if (appSecret !== '') findings.push(...(await checkGit(context.cwd, file)));
    }
  }
  return findings;
}

/** The verdict on what an env file of the app sets the secret to. */
function judgeAppSecret(
  { context }: Subject,
  { file, name, appSecret }: Readonly<Record<'file' | 'name' | 'appSecret', string>>,
  ours: { readonly value: string; readonly source: string },
): Found {
  if (appSecret === '') {
    return warning(
      `${file} sets ${name} to nothing: your app has no secret`,
      `fill it in; relyable webhooks listen --print-secret prints the one relyable uses`,
    );
  }
  if (appSecret === ours.value) return ok(`${file} sets the same secret for your app`);
  return warning(
    `${file} gives your app another ${name} than relyable uses (${ours.source}): signatures will not match`,
    context.platform === 'win32'
      ? `set ${name} in this shell to the value in ${file}`
      : `give relyable the same: ${exportFromFile(file, name, context.env[name] !== undefined)}`,
  );
}

/** A warning where git would commit a file with a secret. */
async function checkGit(folder: string, file: string): Promise<Found[]> {
  switch (await gitStatus(join(folder, file))) {
    case 'not ignored':
      return [
        warning(
          `git does not ignore ${file}, which holds a secret`,
          `add the line ${file} to .gitignore`,
        ),
      ];
    case 'tracked':
      return [
        warning(
          `git has ${file} under version control, and it holds a secret`,
          `git rm --cached ${file}, and add the line ${file} to .gitignore`,
        ),
      ];
    default:
      return [];
  }
}
