import { untrack } from 'svelte';
import type { Question } from '../api/question.svelte';

const most = 120; // values: ten minutes of live figures

/** The values of a figure since the page was opened, one for each answer to a question. */
export function history<T>(question: Question<T>, value: (data: T) => number | null | undefined) {
  let values = $state.raw<number[]>([]);
  $effect(() => {
    const { data } = question;
    if (data === undefined) return;
    const now = value(data);
    if (typeof now === 'number') values = [...untrack(() => values), now].slice(-most);
  });
  return {
    get values() { return values; },
  };
}
