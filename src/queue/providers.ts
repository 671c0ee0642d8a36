/** What a provider takes from one sender at a time. */
export interface ProviderLimits {
  /** Connections at once. */
  readonly connections: number
  /** Messages in one connection. */
  readonly messages: number
}

const usual: ProviderLimits = { connections: 20, messages: 100 }

/**
 * Providers that are known to want less, by the end of the name of their mail servers. They publish few numbers: these are on
 * the careful side, and the configuration may say others.
 */
const known: Readonly<Record<string, ProviderLimits>> = {
  'yahoodns.net': { connections: 5, messages: 20 },
  'google.com': { connections: 10, messages: 100 },
  'protection.outlook.com': { connections: 10, messages: 100 },
  'olc.protection.outlook.com': { connections: 5, messages: 50 },
  'icloud.com': { connections: 5, messages: 50 },
  't-online.de': { connections: 3, messages: 50 },
  'gmx.net': { connections: 5, messages: 50 },
  'web.de': { connections: 5, messages: 50 },
  'orange.fr': { connections: 2, messages: 50 },
  'free.fr': { connections: 2, messages: 50 },
}

/** What a provider takes, by the longest end of its name that something is known of. */
export function limitsOf(provider: string, configured: Readonly<Record<string, ProviderLimits>> = {}): ProviderLimits {
  const labels = provider.toLowerCase().split('.')
  for (let at = 0; at < labels.length; at++) {
    const end = labels.slice(at).join('.')
    const limits = configured[end] ?? known[end]
    if (limits) return limits
  }
  return usual
}
