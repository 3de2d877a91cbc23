import type { Data } from '../../../lib/api/client';
import type { Table } from '../../../lib/chart/table';

export type Message = Data<'/api/v1/ops/topics/{topic}/messages'>['messages'][number];

/** How many messages an answer has at most, and what else can be chosen. */
export const most = 500;
export const limits = ['20', '50', '100', String(most)];

/** The identity of a message in its topic. */
export const idOf = (m: Message) => `${m.partition}-${m.offset}`;

/** Those of messages that are not among those shown. */
export function newOf(shown: Message[], messages: Message[]): Message[] {
  const known = new Set(shown.map(idOf));
  return messages.filter((m) => !known.has(idOf(m)));
}

/** The order of arrival; that of offsets where a partition took several in one millisecond. */
export function newestFirst(a: Message, b: Message): number {
  return Date.parse(b.timestamp) - Date.parse(a.timestamp) || a.partition - b.partition || b.offset - a.offset;
}

/** What a topic often is looked through for. */
export const examples: Record<string, { label: string; value: string }[]> = {
  transactions: [{ label: 'Failed payments', value: '"status":"failed"' }, { label: 'Refunds', value: '"status":"refunded"' }],
  cart_events: [{ label: 'Checkouts', value: '"checkout"' }],
  dead_letters: [{ label: 'Not JSON', value: 'bad_json' }, { label: 'Wrong amounts', value: 'bad_amount' }],
};

/** The messages as rows. */
export function tableOf(topic: string, messages: Message[]): Table {
  return {
    name: topic,
    columns: [
      { key: 'timestamp', label: 'Arrived', kind: 'instant' },
      { key: 'partition', label: 'Partition', kind: 'number' },
      { key: 'offset', label: 'Offset', kind: 'count' },
      { key: 'key', label: 'Key', kind: 'text' },
      { key: 'value', label: 'Value', kind: 'text', line: true },
    ],
    rows: messages.map((m) => ({ timestamp: m.timestamp, partition: m.partition, offset: m.offset, key: m.key ?? m.key_base64, value: m.value ?? m.value_base64 })),
  };
}

/** The command that shows a message on a terminal, with its headers, by the embedded broker of this host. */
export function kcatOf(topic: string, { partition, offset }: Message, host: string): string {
  return `kcat -b ${host}:9092 -C -t ${topic} -p ${partition} -o ${offset} -c 1 -J`;
}
