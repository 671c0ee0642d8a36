import type { Fact } from '../../src/engine/fact.ts'
import { Expression } from '../../src/expression/expression.ts'
import { Fault } from '../../src/expression/fault.ts'
import { Language } from '../../src/expression/language.ts'
import { everyFact } from '../../src/facts/index.ts'

const language = new Language(everyFact)

/** An expression about all facts, or about others. */
export function read(text: string, facts?: readonly Fact[]): Expression {
  return new Expression(text, facts ? new Language(facts) : language)
}

/** What is wrong with an expression: `17: expected …, found …`; and nothing if nothing is. */
export function trouble(text: string): string | undefined {
  try {
    read(text)
    return undefined
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return `${error.about.offset}: ${error.message}`
  }
}
