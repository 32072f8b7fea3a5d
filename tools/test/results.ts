// What one test file reported, in one shape for both runtimes: from the JSON lines of node-reporter.ts and from the
// JUnit file that Bun writes. A file whose process fails without a failed test (a crash, a syntax error, a timeout)
// counts as one failure.

export interface TestRecord {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped, or what the failed assertion said. Empty where the runtime does not tell. */
  readonly detail: string;
}

/** The records of a file that ran under Node, from the lines of node-reporter.ts. */
export function readNodeRecords(lines: string): TestRecord[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TestRecord);
}

const testcase = /<testcase name="([^"]*)" classname="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g;

/** The records of a file that ran under Bun, from its JUnit report. Bun does not write the reason of a skipped test. */
export function readBunRecords(report: string): TestRecord[] {
  return [...report.matchAll(testcase)].map(([, name = '', suite = '', body = '']) => {
    const fullName = unescapeXml(suite === '' ? name : `${suite} > ${name}`);
    if (body.includes('<skipped')) return { name: fullName, outcome: 'skipped', detail: '' };
    const failure = /<failure[^>]*>([\s\S]*?)<\/failure>/.exec(body);
    if (failure !== null) return { name: fullName, outcome: 'failed', detail: unescapeXml(failure[1] ?? '') };
    return { name: fullName, outcome: body.includes('<failure') ? 'failed' : 'passed', detail: '' };
  });
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(#\d+|\w+);/g, (whole, entity: string) =>
    entity.startsWith('#') ? String.fromCodePoint(Number(entity.slice(1))) : (entities[entity] ?? whole),
  );
}
