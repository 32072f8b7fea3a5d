// A reporter for node:test: one JSON line per finished test, for results.ts to read. Suites are left out unless they
// are skipped whole, as is a test that failed only because one of its subtests did. Prints nothing for a person.

import type { TestEvent } from 'node:test/reporters';
import type { TestRecord } from './results.ts';

type Finished = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>;

export async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const names: string[] = [];
  for await (const event of source) {
    if (event.type === 'test:start') {
      names.length = event.data.nesting;
      names.push(event.data.name);
    } else if (event.type === 'test:pass' || event.type === 'test:fail') {
      const record = toRecord(event, [...names.slice(0, event.data.nesting), event.data.name].join(' > '));
      if (record !== undefined) yield `${JSON.stringify(record)}\n`;
    }
  }
}

function toRecord(event: Finished, name: string): TestRecord | undefined {
  const { skip, todo, details } = event.data;
  const reason = (value: string | boolean): string => (typeof value === 'string' ? value : '');
  if (skip !== undefined) return { name, outcome: 'skipped', detail: reason(skip) };
  if (details.type === 'suite') return undefined;
  if (todo !== undefined) return { name, outcome: 'skipped', detail: `to do ${reason(todo)}`.trim() };
  if (event.type === 'test:pass') return { name, outcome: 'passed', detail: '' };
  const { error } = event.data.details;
  if ('failureType' in error && error.failureType === 'subtestsFailed') return undefined;
  const cause = error.cause instanceof Error ? error.cause : error;
  return { name, outcome: 'failed', detail: cause.stack ?? cause.message };
}

export { report as default };
