import { surveyProviders } from '../../../tunnel/survey.ts';
import { type Check, type Found, info, ok, warning } from '../finding.ts';

/** Which programs can open a public address: installed, version, login. */
export const checkTunnel: Check = async ({ context }, signal) => {
  const providers = await surveyProviders(context, signal);
  const installed = providers.filter(({ isInstalled }) => isInstalled);
  const missing = providers.filter(({ isInstalled }) => !isInstalled);
  const found = installed.map(({ name, version, obstacle, fix }): Found => {
    const what = version === null ? name : `${name} ${version}`;
    return obstacle === null
      ? ok(name === 'ssh' ? `${what}, for a server of yours or localhost.run` : what)
      : warning(`${what}: ${obstacle}`, fix);
  });
  const names = missing.map(({ name }) => name).join(', ');
  const canOpen = found.some(({ level }) => level === 'ok');
  const [first] = missing;
  if (first === undefined) return found;
  return [
    ...found,
    info(
      `not installed: ${names}`,
      canOpen ? null : `only listen --tunnel needs one; ${first.name}: ${first.fix ?? ''}`,
    ),
  ];
};
