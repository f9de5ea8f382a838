/** The formats of an export. A file of its own, because `--help` lists them without loading the writers. */
export const EXPORT_FORMATS = ['ndjson', 'http', 'har', 'curl', 'vitest', 'pytest'] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];
