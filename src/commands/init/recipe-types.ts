/** Types for parameters of functions in recipes, by their text. */
const TYPES: Readonly<Record<string, string>> = {
  body: 'Buffer',
  signature: 'string',
  event: '{ event: string; data: Record<string, unknown> }',
  '{ request }': '{ request: Request }',
};

/** The one parameter of a route handler in the file of a framework that calls it with a Request. */
const ROUTE = /^(export (?:async )?function (?:GET|POST|PUT)\()request(\))/gm;

/**
 * A recipe as TypeScript: the parameters of its functions get types. Where a recipe does not show
 * the type, it is `any`, for the user to narrow.
 */
export function addTypes(code: string): string {
  return code
    .replaceAll(ROUTE, '$1request: Request$2')
    .replaceAll(
      /((?:^|\s)function\s*\w*\s*\()([^()]*)(\)\s*\{)/g,
      (_, head: string, parameters: string, tail: string) =>
        `${head}${splitParameters(parameters).map(addType).join(', ')}${tail}`,
    );
}

/** At the commas outside of braces. */
function splitParameters(list: string): string[] {
  return list
    .split(/,(?![^{]*\})/)
    .map((parameter) => parameter.trim())
    .filter((parameter) => parameter !== '');
}

/** A default value has a type of its own. */
function addType(parameter: string): string {
  if (/[:=]/.test(parameter)) return parameter;
  return `${parameter}: ${TYPES[parameter] ?? 'any'}`;
}
