import type { ASTNode } from '@marcbachmann/cel-js'

/** A part of an expression. */
export type Tree = ASTNode

/** `list.exists(each, …)`: a part that is looked at for each element of a list. */
export interface Loop {
  readonly list: Tree
  readonly each: string
  readonly body: Tree
}

const loops = ['all', 'exists', 'exists_one', 'filter']

/** The loop that a part is. */
export function loopIn(tree: Tree): Loop | undefined {
  if (tree.op !== 'rcall') return undefined
  const [name, list, [each, body]] = tree.args
  return loops.includes(name) && each?.op === 'id' && body ? { list, each: each.args, body } : undefined
}

/** The parts of a part, in their order. */
export function partsOf(tree: Tree): readonly Tree[] {
  switch (tree.op) {
    case 'value':
    case 'id':
      return []
    case '.':
    case '.?':
      return [tree.args[0]]
    case 'call':
      return tree.args[1]
    case 'rcall':
      return [tree.args[1], ...tree.args[2]]
    case 'map':
      return tree.args.flat()
    case '!_':
    case '-_':
      return [tree.args]
    default:
      return tree.args
  }
}

/** A part as it is written, without space. */
export function textOf({ input, start, end }: Tree): string {
  return input.slice(start, end).replaceAll(/\s/g, '')
}

/** Where the name of a function or field stands: behind what it is said of. */
export function nameOffset(tree: Tree): number {
  if (tree.op === '.') return tree.pos
  if (tree.op !== 'rcall') return tree.start
  const [name, receiver] = tree.args
  return Math.max(tree.input.indexOf(name, receiver.end), receiver.end)
}
