/** What rows have to meet, as the API's parameter `filter` says it: column:operator:value, with commas between. */
export interface Condition {
  column: string;
  operator: Operator;
  value: string;
}

export type Operator = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'contains' | 'null';

/** The operators, as people read them. */
export const operators: Record<Operator, string> = { eq: '=', ne: '≠', lt: '<', le: '≤', gt: '>', ge: '≥', contains: 'contains', null: 'is null' };

/** How many conditions the API takes. */
export const most = 16;

/** Reads conditions; what is none is left out. */
export function parseConditions(text: string): Condition[] {
  const parts = [...text.matchAll(/(?:\\[,\\]|[^,])+/g)].map(([part]) => part.replace(/\\([,\\])/g, '$1'));
  return parts.flatMap((part) => {
    const [, column = '', operator = '', value = ''] = /^(\w+):(\w+):([^]*)$/.exec(part) ?? [];
    return operator in operators ? [{ column, operator: operator as Operator, value }] : [];
  });
}

/** Writes conditions. */
export function textOf(conditions: Condition[]): string {
  return conditions.map((c) => `${c.column}:${c.operator}:${c.value}`.replace(/[,\\]/g, '\\$&')).join(',');
}

/** The operators that suit a column's type. */
export function operatorsOf(type: string): Operator[] {
  if (type === 'varchar') return ['eq', 'ne', 'contains', 'lt', 'ge', 'null'];
  if (type === 'boolean') return ['eq', 'null'];
  return ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'null'];
}

/** An example of a value of a type. */
export function exampleOf(type: string, operator: Operator): string {
  if (operator === 'null' || type === 'boolean') return 'true or false';
  return { bigint: '100', int: '100', double: '0.5', date: '2026-03-01', timestamp: '2026-03-01T10:00:00Z' }[type] ?? 'text';
}
