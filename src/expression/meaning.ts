import type { Phase } from '../engine/phase.ts'
import { Fault } from './fault.ts'
import { Understood } from './functions.ts'
import type { RecordShape, Shape } from './shape.ts'
import { loopIn, nameOffset, partsOf, type Tree, textOf } from './tree.ts'
import type { NamedFact, Variable } from './vocabulary.ts'

/** Something that an expression names, and since when it is known. */
export interface Mention {
  readonly name: string
  readonly since: Phase
  readonly offset: number
}

/** What an expression can name: all of it. */
export interface Vocabulary {
  readonly variables: ReadonlyMap<string, Variable>
  readonly facts: ReadonlyMap<string, NamedFact>
  readonly factsShape: RecordShape
}

/** The shapes of the names that can be said at one place. Nothing is known of an element of a computed list. */
type Scope = ReadonlyMap<string, Shape | undefined>

/** CEL's own functions of which we know that they are cheap. */
const functions = ['has', 'size']
const methods = ['size', 'contains', 'startsWith', 'endsWith', 'lowerAscii', ...Object.keys(Understood.arguments)]
const loops = ['all', 'exists', 'exists_one', 'filter']

/** Reads an expression part by part: which names it has, and whether they can be there. The types are checked by CEL. */
export class Meaning {
  readonly mentions: Mention[] = []
  readonly understood = new Understood()
  readonly #vocabulary: Vocabulary
  readonly #guarded: ReadonlySet<string>

  constructor(tree: Tree, vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary
    this.#guarded = new Set(guardsIn(tree))
    const shapes = [...vocabulary.variables.values()].map(({ name, shape }) => [name, shape] as const)
    this.#read(tree, new Map<string, Shape>([...shapes, ['facts', vocabulary.factsShape]]))
  }

  #read(tree: Tree, scope: Scope): Shape | undefined {
    switch (tree.op) {
      case 'id':
        return this.#name(tree, scope)
      case '.':
        return this.#field(tree, scope)
      case '[]':
        return this.#element(tree, scope)
      case 'call':
      case 'rcall':
        return this.#call(tree, scope)
      case '==':
      case '!=':
      case '+':
        return this.#operation(tree, scope)
      case 'in':
        return this.#membership(tree, scope)
      case '?:':
        return this.#all(tree, scope)[1]
      case 'map':
        throw new Fault({ offset: tree.start, expected: 'no mapping: a list is written [1, 2]', found: textOf(tree) })
      case 'list':
        return { kind: 'list', of: this.#all(tree, scope)[0] ?? { kind: 'text' } }
      case 'value':
        return typeof tree.args === 'string' ? { kind: 'text' } : undefined
      default:
        this.#all(tree, scope)
        return undefined
    }
  }

  #all(tree: Tree, scope: Scope): (Shape | undefined)[] {
    return partsOf(tree).map(part => this.#read(part, scope))
  }

  #name(tree: Tree & { readonly op: 'id' }, scope: Scope): Shape | undefined {
    const name = tree.args
    if (!scope.has(name)) {
      throw new Fault({ offset: tree.start, expected: 'a known name', found: JSON.stringify(name), known: scope.keys() })
    }
    const variable = this.#vocabulary.variables.get(name)
    if (variable && scope.get(name) === variable.shape) {
      this.mentions.push({ name, since: variable.since, offset: tree.start })
    }
    return scope.get(name)
  }

  #field(tree: Tree & { readonly op: '.' }, scope: Scope): Shape | undefined {
    const [of, name] = tree.args
    const shape = this.#read(of, scope)
    const offset = nameOffset(tree)
    const found = JSON.stringify(name)
    if (shape === undefined && !(name in {})) return undefined
    if (shape?.kind !== 'record') throw new Fault({ offset, expected: `no field of ${textOf(of)}, which has none`, found })
    const field = shape.fields.get(name)
    if (!field) throw new Fault({ offset, expected: `a field of ${textOf(of)}`, found, known: shape.fields.keys() })
    const path = textOf(tree)
    if (field.isOptional && !this.#guarded.has(path)) {
      throw new Fault({ offset, expected: `has(${path}) && before it, since it may be absent`, found })
    }
    this.#mention(shape, name, of.start)
    return field.shape
  }

  /** A fact, or what is known later than the rest of its record. */
  #mention(shape: RecordShape, name: string, offset: number): void {
    const { facts, factsShape, variables } = this.#vocabulary
    const fact = shape === factsShape && facts.get(name)?.fact
    if (fact) this.mentions.push({ name: `facts.${name}`, since: fact.since, offset })
    const variable = variables.get(shape.name)
    const since = shape === variable?.shape && variable.later?.[name]
    if (since) this.mentions.push({ name: `${shape.name}.${name}`, since, offset })
  }

  #element(tree: Tree & { readonly op: '[]' }, scope: Scope): Shape | undefined {
    const [of, index] = tree.args
    const shape = this.#read(of, scope)
    this.#read(index, scope)
    if (shape && shape.kind !== 'list') {
      throw new Fault({ offset: tree.start, expected: 'brackets behind a list only', found: textOf(tree) })
    }
    return shape?.of
  }

  #call(tree: Tree & { readonly op: 'call' | 'rcall' }, scope: Scope): Shape | undefined {
    const name: string = tree.args[0]
    const loop = loopIn(tree)
    if (loop) {
      const list = this.#read(loop.list, scope)
      const inner = new Map(scope).set(loop.each, list?.kind === 'list' ? list.of : undefined)
      this.#read(loop.body, inner)
      return name === 'filter' ? list : undefined
    }
    const known = tree.op === 'call' ? functions : [...methods, ...loops]
    if (!known.includes(name)) throw unknownFunction(tree, known)
    if (name in Understood.arguments) this.#understand(tree, name)
    this.#all(tree, scope)
    return name === 'lowerAscii' ? { kind: 'text' } : undefined
  }

  /** What is understood when the expression is loaded has to be there then. */
  #understand(tree: Tree, method: string): void {
    const { expected = '', example = '' } = Understood.arguments[method] ?? {}
    const [, argument, more] = partsOf(tree)
    if (!argument || more || argument.op !== 'value' || typeof argument.args !== 'string') {
      const found = argument ? textOf(argument) : 'nothing'
      throw new Fault({ offset: (argument ?? tree).start, expected: `text in quotes, such as ${example}`, found })
    }
    const trouble = this.understood.read(method, argument.args)
    if (trouble !== undefined) throw new Fault({ offset: argument.start, expected, found: trouble })
  }

  /** What can only be one of a few words is not compared with another. Whole lists would take more than a step. */
  #operation(tree: Tree & { readonly op: '==' | '!=' | '+' }, scope: Scope): Shape | undefined {
    const [left, right] = tree.args
    const shapes = this.#all(tree, scope)
    const whole = shapes.findIndex(shape => shape?.kind === 'list' || shape?.kind === 'record')
    const part = tree.args[whole]
    if (part) {
      const expected = `text, a number or a boolean beside ${tree.op}`
      throw new Fault({ offset: part.start, expected, found: `${textOf(part)}, which is a ${shapes[whole]?.kind}` })
    }
    if (tree.op === '+') return shapes[0]?.kind === 'text' ? { kind: 'text' } : undefined
    checkWord(right, shapes[0])
    checkWord(left, shapes[1])
    return undefined
  }

  #membership(tree: Tree & { readonly op: 'in' }, scope: Scope): undefined {
    const [one, many] = tree.args
    const [ofOne, ofMany] = this.#all(tree, scope)
    if (many.op === 'list') for (const word of many.args) checkWord(word, ofOne)
    else if (ofMany?.kind === 'list') checkWord(one, ofMany.of)
    return undefined
  }
}

function checkWord(tree: Tree, shape: Shape | undefined): void {
  if (tree.op !== 'value' || typeof tree.args !== 'string' || shape?.kind !== 'text' || !shape.values) return
  if (shape.values.includes(tree.args)) return
  throw new Fault({ offset: tree.start, expected: 'a value that it can have', found: textOf(tree), known: shape.values })
}

function unknownFunction(tree: Tree & { readonly op: 'call' | 'rcall' }, known: readonly string[]): Fault {
  const [name] = tree.args
  const offset = nameOffset(tree)
  if (name !== 'matches') return new Fault({ offset, expected: 'a known function', found: JSON.stringify(name), known })
  // It would be a regular expression of JavaScript, which one message can keep busy for a day.
  return new Fault({ offset, expected: 'regex(), whose time is linear', found: '"matches"' })
}

/** What the expression asks about whether it is there. */
function guardsIn(tree: Tree): string[] {
  const own = tree.op === 'call' && tree.args[0] === 'has' && tree.args[1][0] ? [textOf(tree.args[1][0])] : []
  return [...own, ...partsOf(tree).flatMap(guardsIn)]
}
