import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultLoaders } from 'cosmiconfig';
import { expect, it } from 'vitest';
import { relayInitCommand, relayServeCommand } from '../../src/commands/relay/options.ts';
import { ROOT } from '../support/cli.ts';
import { parseOptions } from '../support/parse-options.ts';

interface Container {
  readonly command?: readonly string[];
  readonly args?: readonly string[];
}

/** The documents of a YAML file of `deploy/`. */
function documents(name: string): unknown[] {
  const text = readFileSync(join(ROOT, 'deploy', name), 'utf8');
  return text.split(/^---$/m).map((part) => defaultLoaders['.yaml'](name, part) as unknown);
}

function composeCommands(name: string): Array<readonly string[]> {
  const [{ services }] = documents(name) as [{ services: Record<string, Container> }];
  return ['relay', 'init'].map((service) => services[service]?.command ?? []);
}

const [deployment] = documents('kubernetes.yaml') as [
  { spec: { template: { spec: { containers: Container[] } } } },
];
const kubernetes = deployment.spec.template.spec.containers.map(({ args = [] }) => args);

it.each([
  ...composeCommands('compose.yaml'),
  ...composeCommands('compose.cluster.yaml'),
  ...kubernetes,
])('deploy/ starts the relay with options that exist: %s %s', (...command) => {
  const [first, second, ...rest] = command;
  expect(first).toBe('relay');
  if (second === 'init') parseOptions(relayInitCommand, rest);
  else parseOptions(relayServeCommand, command.slice(1));
});
