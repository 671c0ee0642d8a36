import { Fault } from './fault.ts'
import { limits } from './limits.ts'
import { loopIn, partsOf, type Tree } from './tree.ts'

/**
 * Loops over what a message brings, in loops over what it brings: that is how one message would cost a minute. So each part
 * is counted as often as it could be looked at.
 */
export function checkCost(tree: Tree): void {
  const steps = stepsOf(tree)
  if (steps <= limits.steps) return
  const expected = `at most ${limits.steps} steps to judge, however long the lists are`
  throw new Fault({ offset: tree.start, expected, found: `an expression that could take ${steps}` })
}

/** `element` is what the innermost loop goes over. */
function stepsOf(tree: Tree, element?: string): number {
  const loop = loopIn(tree)
  const own = ownSteps(tree)
  if (!loop) return partsOf(tree).reduce((sum, part) => sum + stepsOf(part, element), own)
  const { list, each, body } = loop
  // The lists in one fact are limited all together: those of each element of a list are no longer than one list.
  const turns = element !== undefined && rootOf(list) === element ? 1 : lengthOf(list)
  return own + stepsOf(list, element) + turns * stepsOf(body, rootOf(list) === undefined ? undefined : each)
}

/** What reads a text takes longer, the more so what goes from character to character. */
function ownSteps(tree: Tree): number {
  if (tree.op === 'in') return lengthOf(tree.args[1])
  if (tree.op === '+') return 10
  if (tree.op !== 'call' && tree.op !== 'rcall') return 1
  return tree.args[0] === 'size' ? 100 : 10
}

/** How long a list can be. */
function lengthOf(list: Tree): number {
  return list.op === 'list' ? list.args.length : limits.elements
}

/** The name with which a path begins, if it is nothing but a path. */
function rootOf(tree: Tree): string | undefined {
  if (tree.op === 'id') return tree.args
  return tree.op === '.' ? rootOf(tree.args[0]) : undefined
}
