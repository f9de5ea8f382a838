/** The formats of an export. They have their own file, so that `--help` can list them without loading the writers. */
export const EXPORT_FORMATS = ['ndjson', 'http', 'har', 'curl', 'vitest', 'pytest'] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];
