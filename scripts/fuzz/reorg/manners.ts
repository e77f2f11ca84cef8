import { type Endpoint, fair, someWeather, storm } from './endpoint.ts'
import { lieNames, liesOf } from './lies.ts'
import type { Stage } from './stage.ts'

/** Who of the endpoints is faulty, and how; to be changed from time to time. */
export const mannersOn = ({ random, settings, chain, endpoints, formerTips, onFault }: Stage) => {
  /** So few at a time that the quorum can be right; a single endpoint only fails, as nobody could tell its lies. */
  const chooseFaulty = () => {
    const count = settings.endpoints === 1 ? 1 : random.between(1, settings.endpoints - settings.quorum)
    const from = random.between(0, endpoints.length - 1)
    return Array.from({ length: count }, (_, i) => endpoints[(from + i) % endpoints.length]!)
  }
  let faulty = chooseFaulty()

  const misbehave = (endpoint: Endpoint) => {
    endpoint.weather = fair
    if (settings.endpoints > 1) endpoint.lies = {}
    if (settings.endpoints === 1 || random.chance(0.3)) {
      endpoint.weather = settings.endpoints > 1 && random.chance(0.4) ? storm : weather()
      return
    }
    const name = random.pick(lieNames)
    endpoint.lies = liesOf(name, {
      ...{ chain, random, slotsInAnEpoch: settings.slotsInAnEpoch, formerTips },
      onLie: () => onFault(name),
    })
  }

  // A development node that calls its head final, and has a replica that is behind, looks like a chain with tags: there is no such thing.
  const weather = () => {
    const drawn = { ...someWeather(random), forgotten: settings.forgetful ? 15 : 0 }
    return settings.slotsInAnEpoch === 0 ? { ...drawn, behind: 0 } : drawn
  }

  return {
    /** The others tell the truth, if late, and now and then not at all. */
    change: () => {
      if (random.chance(0.4)) faulty = chooseFaulty()
      for (const endpoint of endpoints) {
        if (faulty.includes(endpoint)) misbehave(endpoint)
        else {
          endpoint.lies = {}
          endpoint.weather = random.chance(0.3) ? { ...fair, lost: 1, late: 4 } : fair
        }
      }
    },
  }
}
