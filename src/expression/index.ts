/** Rules that are one line, for those who have facts of their own to mention in them. */
export { expressionPolicy } from './expression-policy.ts'
