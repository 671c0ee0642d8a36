import type { Fact } from '../engine/fact.ts'
import type { Phase } from '../engine/phase.ts'
import type { List } from './list-watch.ts'

/** A fact that rests on a list in the DNS. */
export interface ListFact<T = unknown, P extends Phase = Phase> extends Fact<T, P> {
  readonly list: List
}

/** The lists that facts rest on, each once: those that a `ListWatch` has to watch. */
export function listsOf(facts: Iterable<Fact>): readonly List[] {
  const lists = [...facts].filter(isListFact).map(fact => fact.list)
  return [...new Map(lists.map(list => [list.zone, list])).values()]
}

function isListFact(fact: Fact): fact is ListFact {
  return 'list' in fact
}
