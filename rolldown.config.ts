import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { defineConfig, type Plugin, type RolldownOptions } from 'rolldown';
import ts from 'typescript';

/**
 * cosmiconfig asks for `typescript` only where a project has it. The packages of the relay are optional.
 */
const EXTERNAL = [
  '@photostructure/sqlite',
  'typescript',
  '@nats-io/transport-node',
  '@nats-io/jetstream',
  'prom-client',
];

/** The folder of the package a module lies in; undefined for our own modules. */
function packageOf(moduleId: string): string | undefined {
  if (!moduleId.includes('node_modules')) return undefined;
  for (let folder = dirname(moduleId); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"version"')) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as { name: string; version: string; license?: string };
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
  return `${name} ${version} (${license ?? 'see below'})\n\n${text}`;
}

/** Bundled code keeps its authors' notices: one text beside the bundle. */
const thirdPartyLicences: Plugin = {
  name: 'third-party-licences',
  generateBundle() {
    const folders = new Set(
      [...this.getModuleIds()].map(packageOf).filter((it) => it !== undefined),
    );
    const source = [...folders]
      .sort()
      .map(licenceOf)
      .join(`\n\n${'-'.repeat(72)}\n\n`);
    this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENCES.txt', source: `${source}\n` });
  },
};

/** `import text from './file.py?raw'`, as vitest and Vite have it. */
const rawText: Plugin = {
  name: 'raw-text',
  resolveId(id, importer) {
    if (!id.endsWith('?raw') || importer === undefined) return null;
    return `\0${join(dirname(importer), id)}`;
  },
  load(id) {
    if (!id.startsWith('\0') || !id.endsWith('?raw')) return null;
    const text = readFileSync(id.slice(1, -'?raw'.length), 'utf8');
    return { code: `export default ${JSON.stringify(text)};`, moduleType: 'js' };
  },
};

/**
 * Stand-ins for what libraries load, and every start would pay for:
 * - commander's node:child_process, and with it node:net, is for subcommands that are programs;
 * - chalk's detection of colours, with node:tty, is for those who give no level; we always do;
 * - an imported node:process has each of its hundred properties copied; it is a global anyway.
 */
const STAND_INS = [
  {
    source: 'node:child_process',
    importer: /[\\/]commander[\\/]/,
    code: 'module.exports = {};',
  },
  {
    source: '#supports-color',
    importer: /[\\/]chalk[\\/]/,
    code: 'export default { stdout: false, stderr: false };',
  },
  {
    source: 'node:process',
    importer: /[\\/](chalk|env-paths)[\\/]/,
    code: 'export default process;',
  },
] as const;

const standIns: Plugin = {
  name: 'stand-ins',
  resolveId(id, importer = '') {
    const index = STAND_INS.findIndex((it) => it.source === id && it.importer.test(importer));
    return index === -1 ? null : `\0stand-in-${index}`;
  },
  load(id) {
    const index = /^\0stand-in-(\d+)$/.exec(id)?.[1];
    return index === undefined ? null : (STAND_INS[Number(index)]?.code ?? null);
  },
};

const PAGE_FOLDER = 'src/inspector/page';

/** The inspector's page beside its script: its files are served as they are. */
const pageFiles: Plugin = {
  name: 'page-files',
  generateBundle() {
    for (const fileName of ['index.html', 'page.css', 'icon.svg']) {
      this.emitFile({
        type: 'asset',
        fileName,
        source: readFileSync(join(PAGE_FOLDER, fileName)),
      });
    }
  },
};

// Left alone, every small module that two commands share becomes a file of its own, and each file
// costs start-up time. `BASE` is what every start needs, the options of all commands included; `LIGHT`
// is what most commands need as well. Nothing in them loads a library but commander and chalk.
const BASE = {
  name: 'base',
  test: /[\\/]src[\\/](errors|version|did-you-mean|system[\\/](context|ci)|config[\\/](values|defaults|settings)|terminal[\\/](safe-text|error|charset|columns|format)|tunnel[\\/]choice|json[\\/](safe-json|overrides)|request[\\/](request|files[\\/]input)|relyable[\\/](addresses|delivery|event-type|log-entries|retry|seeded-random|wire-format)|signature[\\/]tamper-kinds|commands[\\/](kit[\\/](declare-command|help-text|frameworks|nats-options|receive-options|shared-options)|[\w-]+[\\/]options|listen[\\/](expectations|where)|trigger[\\/]timestamp|emulate[\\/]emulator[\\/]faults|init[\\/]answers))\.ts$|node_modules[\\/](commander|env-paths|is-safe-filename)[\\/]/,
};
const LIGHT = {
  name: 'light',
  test: /[\\/]src[\\/](shell-quote|request[\\/](curl|capture)|signature[\\/](sign|verify|tamper)|relyable[\\/](samples|seeded-sample|payload|payload-summary)|config[\\/](load|secrets)|http[\\/](target|headers|loopback|client[\\/]send|server[\\/]bind)|system[\\/]latency|terminal[\\/](junit|terminal|hyperlink)|commands[\\/]kit[\\/](invocation-config|running-listeners))\.ts$|node_modules[\\/]chalk[\\/]/,
};
// Otherwise it is put beside small modules of ours that work without it, and is loaded with them.
const ZOD = { name: 'zod', test: /node_modules[\\/]zod[\\/]/ };

/**
 * The modules of the library, by the names of their files in `packages/webhooks/dist/`. In the manifests
 * `next` is `fetch`, and `nestjs` is `express`.
 */
const LIBRARY = {
  webhooks: 'src/library/webhooks.ts',
  express: 'src/library/express.ts',
  fastify: 'src/library/fastify.ts',
  fetch: 'src/library/fetch.ts',
  hono: 'src/library/hono.ts',
  testing: 'src/library/testing.ts',
  diagnosis: 'src/library/diagnosis.ts',
  schemas: 'src/library/schemas.ts',
} as const;

const RELATIVE_IMPORT = /(?<=\bfrom ')(?:\.\.?\/)+(?:[\w-]+\/)*([\w-]+)\.ts(?=')/g;

/**
 * The declarations of the library's modules and of what their types import, in one folder: each
 * file's own, so that no type of zod or of Node is left in them.
 */
function declarations(extension: 'mts' | 'cts'): Plugin {
  return {
    name: 'declarations',
    generateBundle() {
      const pending = Object.values(LIBRARY).map((file) => join(import.meta.dirname, file));
      for (const file of pending) {
        const { outputText } = ts.transpileDeclaration(readFileSync(file, 'utf8'), {
          fileName: file,
          compilerOptions: { target: ts.ScriptTarget.ES2023, stripInternal: true },
        });
        for (const [specifier] of outputText.matchAll(RELATIVE_IMPORT)) {
          const imported = join(dirname(file), specifier);
          if (!pending.includes(imported)) pending.push(imported);
        }
        const source = outputText.replace(
          RELATIVE_IMPORT,
          (_, name: string) => `./${name}.${extension === 'mts' ? 'mjs' : 'cjs'}`,
        );
        this.emitFile({
          type: 'asset',
          fileName: `${basename(file, '.ts')}.d.${extension}`,
          source,
        });
      }
    },
  };
}

/** The library for one of the two module systems. */
function library(extension: 'mjs' | 'cjs'): RolldownOptions {
  return {
    platform: 'node',
    input: LIBRARY,
    plugins: [thirdPartyLicences, declarations(extension === 'mjs' ? 'mts' : 'cts')],
    output: {
      dir: 'packages/webhooks/dist',
      format: extension === 'mjs' ? 'es' : 'cjs',
      entryFileNames: `[name].${extension}`,
      chunkFileNames: `shared/[name].${extension}`,
    },
  };
}

const COMMON = { platform: 'node', external: EXTERNAL } as const;

export default defineConfig([
  {
    ...COMMON,
    input: { main: 'src/main.ts' },
    plugins: [rawText, thirdPartyLicences, standIns],
    output: {
      dir: 'dist',
      // CommonJS starts 5 ms earlier than ES modules, a quarter of what Node itself takes.
      format: 'cjs',
      cleanDir: true,
      entryFileNames: '[name].cjs',
      // Without a hash: a newer version takes the place of an older one's compiled code.
      // A command's chunk has the name of its folder.
      chunkFileNames: ({ name, facadeModuleId }) =>
        `chunks/${name === 'run' && facadeModuleId ? basename(dirname(facadeModuleId)) : name}.cjs`,
      // `import()` does not work in code from the cache (bin/relyable.js).
      dynamicImportInCjs: false,
      codeSplitting: { groups: [BASE, LIGHT, ZOD] },
    },
  },
  {
    ...COMMON,
    // On its own: it shares a few lines with the rest, and a chunk in common would load commander.
    // It lies beside the chunk that starts it.
    input: 'src/store/background/store-thread.ts',
    output: { file: 'dist/chunks/store-thread.cjs', format: 'cjs' },
  },
  library('mjs'),
  library('cjs'),
  {
    ...COMMON,
    // On its own for the same reason; only `inspect` and `listen --inspect` load it.
    input: 'src/inspector/inspector-thread.ts',
    // A megabyte that only an API behind a proxy needs: taken from the installed package.
    external: [...EXTERNAL, 'undici'],
    plugins: [standIns],
    output: {
      file: 'dist/chunks/inspector-thread.cjs',
      format: 'cjs',
      dynamicImportInCjs: false,
      codeSplitting: false,
    },
  },
  {
    platform: 'browser',
    input: { page: 'src/inspector/page/main.tsx' },
    plugins: [pageFiles, thirdPartyLicences],
    tsconfig: `${PAGE_FOLDER}/tsconfig.json`,
    output: { dir: 'dist/page', format: 'esm', minify: true, entryFileNames: '[name].js' },
  },
]);
