import { registerHooks } from 'node:module'
import { extname } from 'node:path'

const extension = extname(import.meta.filename)

/** What a policy file may import, wherever it lies, and where it finds it. */
const modules: Readonly<Record<string, string>> = {
  postern: new URL(`../index${extension}`, import.meta.url).href,
  'postern/expression': new URL(`../expression/index${extension}`, import.meta.url).href,
  'postern/facts': new URL(`../facts/index${extension}`, import.meta.url).href,
}

let isOffered = false

/**
 * Lets policy files outside our package import 'postern': the administrator's are in /etc/postern, where no
 * node_modules is near, and they must share our facts rather than bring their own.
 */
export function offerSdk(): void {
  if (isOffered) return
  isOffered = true
  registerHooks({
    resolve: (specifier, context, next) => {
      const url = modules[specifier]
      return url ? { url, shortCircuit: true } : next(specifier, context)
    },
  })
}
