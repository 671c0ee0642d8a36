import { expressionPolicy } from 'postern/expression'
import { everyFact } from 'postern/facts'

/** Rules that are one line in the configuration. */
export default expressionPolicy('expression', everyFact)
