import { registerHooks } from 'node:module'
import { extname } from 'node:path'
import { versioned } from './policy-modules.ts'

const extension = extname(import.meta.filename)

/** What a policy file and its test may import, wherever they lie, and where they find it. */
const modules: Readonly<Record<string, string>> = {
  postern: new URL(`../index${extension}`, import.meta.url).href,
  'postern/expression': new URL(`../expression/index${extension}`, import.meta.url).href,
  'postern/facts': new URL(`../facts/index${extension}`, import.meta.url).href,
  'postern/testing': new URL(`../testing${extension}`, import.meta.url).href,
}

let isOffered = false

/**
 * Lets policy files outside our package import 'postern': the administrator's are in /etc/postern, where no
 * node_modules is near, and they must share our facts rather than bring their own. What a policy file imports of
 * the administrator's is of the same version as itself.
 */
export function offerSdk(): void {
  if (isOffered) return
  isOffered = true
  registerHooks({
    resolve: (specifier, context, next) => {
      const url = modules[specifier]
      if (url) return { url, shortCircuit: true }
      return versioned(context.parentURL, specifier, () => next(specifier, context))
    },
  })
}
