import Foundation
import Messages
import Randomness
import Recipes
import Sessions
import Testing

/// What chaos demands of a training's records, with transitions that are made up: each loss shows.
@Suite struct ChaosRecordsTests {
  private static let others = "the learner held other transitions than were recorded"
  private static let seeds: Range<UInt64> = 0..<8

  /// What an arm did to its records on the way to the disk.
  enum Loss: CaseIterable {
    /// One is missing.
    case lost
    /// One is there twice.
    case doubled
    /// Two neighbours stand in each other's place.
    case swapped
    /// One stands in another's place, which leaves the count as it was.
    case replaced
    /// One number of one is another.
    case altered
  }

  /// Episodes of eight steps, the last one cut short, as each of some arms recorded them.
  private static func records(actors: [Int?], lookahead: Int, seed: UInt64) throws -> ChaosRecords {
    let file = KingletProcess.root.appendingPathComponent("Launch/pcb-insertion.yaml").path
    let recipe = try SessionRecipe.load(
      launchFile: file, overrides: ["learner.lookahead=\(lookahead)"])
    let arms = actors.map { actor in
      var stream = RandomStream(seed: seed, name: "records", index: UInt64(actor ?? 0))
      func numbers(_ count: Int) -> [Float] {
        (0..<count).map { _ in Float(stream.uniform(eitherSide: 1)) }
      }
      var observation = numbers(19)
      let transitions = (0..<29).map { step in
        let isLast = step % 8 == 7
        let next = numbers(19)
        defer { observation = isLast ? numbers(19) : next }
        return Transition(
          sequence: UInt64(step), episode: UInt32(step / 8), policyVersion: 0,
          observation: observation, action: numbers(6), reward: numbers(1)[0],
          nextObservation: next, ending: isLast ? .timeLimit : nil)
      }
      return ChaosRecords.Arm(actor: actor, transitions: transitions, learned: transitions.count)
    }
    return ChaosRecords(of: arms, for: recipe.launch.learner)
  }

  @Test(arguments: [[nil], [0, 1], [0, 1, 2]], [1, 3])
  func `records that are what was learned from break nothing`(actors: [Int?], lookahead: Int) throws
  {
    let records = try Self.records(actors: actors, lookahead: lookahead, seed: 1)
    #expect(records.violations(replayDigest: records.digest) == [])
    let other = try Self.records(actors: actors, lookahead: lookahead, seed: 2)
    #expect(other.violations(replayDigest: records.digest) == [Self.others])
  }

  @Test(arguments: Loss.allCases, seeds)
  func `what was lost, doubled or swapped is found`(loss: Loss, seed: UInt64) throws {
    var stream = RandomStream(seed: seed, name: "loss")
    let actors: [Int?] = seed.isMultiple(of: 2) ? [nil] : [0, 1]
    var records = try Self.records(actors: actors, lookahead: 1 + Int(seed) / 4, seed: seed)
    let digest = records.digest
    let arm = stream.index(below: actors.count)
    let count = records.arms[arm].transitions.count
    let place = stream.index(below: count - 1)
    switch loss {
    case .lost: records.arms[arm].transitions.remove(at: place)
    case .doubled:
      records.arms[arm].transitions.insert(records.arms[arm].transitions[place], at: place)
    case .swapped: records.arms[arm].transitions.swapAt(place, place + 1)
    case .replaced:
      records.arms[arm].transitions[place + 1] = records.arms[arm].transitions[place]
    case .altered: records.arms[arm].transitions[place].action[stream.index(below: 6)] += 1e-3
    }
    let name = actors[arm].map { "actor \($0): " } ?? ""
    let counted: [String] =
      switch loss {
      case .lost: ["\(name)\(count - 1) transitions recorded, \(count) learned from"]
      case .doubled: ["\(name)\(count + 1) transitions recorded, \(count) learned from"]
      case .swapped, .replaced, .altered: []
      }
    #expect(records.violations(replayDigest: digest) == counted + [Self.others])
  }

  @Test func `a transition of one arm among another's is found`() throws {
    var records = try Self.records(actors: [0, 1], lookahead: 1, seed: 4)
    let digest = records.digest
    (records.arms[0].transitions[5], records.arms[1].transitions[5]) =
      (records.arms[1].transitions[5], records.arms[0].transitions[5])
    #expect(records.violations(replayDigest: digest) == [Self.others])
  }

  @Test func `what the training counts but no arm recorded is found, though nothing else is amiss`()
    throws
  {
    var records = try Self.records(actors: [nil], lookahead: 1, seed: 6)
    records.arms[0].learned += 1
    #expect(
      records.violations(replayDigest: records.digest) == [
        "29 transitions recorded, 30 learned from"
      ])
  }
}
