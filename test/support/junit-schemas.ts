import { readFileSync } from 'node:fs';
import { XmlDocument, XmlLibError, XsdValidator } from 'libxml2-wasm';

const SCHEMAS = new URL('../../fixtures/junit/', import.meta.url);

/** What the schemas of Jenkins and, suite by suite, of Maven surefire refuse in a report. */
export function junitProblems(report: string): string[] {
  const suites = report.match(/<testsuite [^]*?<\/testsuite>/g) ?? [];
  return [
    ...problemsOf(report, 'jenkins.xsd'),
    ...suites.flatMap((suite) => problemsOf(suite, 'surefire.xsd')),
  ];
}

function problemsOf(xml: string, name: string): string[] {
  const parsed: Array<XmlDocument | XsdValidator> = [];
  const keep = <T extends XmlDocument | XsdValidator>(one: T): T => {
    parsed.push(one);
    return one;
  };
  try {
    const schema = keep(XmlDocument.fromBuffer(readFileSync(new URL(name, SCHEMAS))));
    const validator = keep(XsdValidator.fromDoc(schema));
    validator.validate(keep(XmlDocument.fromString(xml)));
    return [];
  } catch (error) {
    if (!(error instanceof XmlLibError)) throw error;
    return [`${name}: ${error.message}`];
  } finally {
    // They are in WebAssembly's memory, which nothing collects.
    for (const one of parsed.reverse()) one.dispose();
  }
}
