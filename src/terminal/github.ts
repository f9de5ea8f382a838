/** One annotation of GitHub Actions; data and properties are escaped as the runner unescapes them. */
export function formatAnnotation(
  level: 'error' | 'warning' | 'notice',
  title: string,
  lines: readonly string[],
): string {
  return `::${level} title=${escapeProperty(title)}::${escapeData(lines.join('\n'))}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
