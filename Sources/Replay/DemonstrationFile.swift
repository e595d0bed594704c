public import Messages
public import NeuralNetworks

/// One step that an expert showed.
public struct Demonstration: Sendable, Equatable {
  /// What happened.
  public var transition: Transition
  /// The action that the expert meant, each component in -1…1; a disturbed expert did another.
  public var intendedAction: [Float]

  /// A demonstration of its parts.
  public init(transition: Transition, intendedAction: [Float]) {
    self.transition = transition
    self.intendedAction = intendedAction
  }
}

/// Demonstrations as one safetensors file, a column per field and a row per step.
///
/// Columns: observations, actions, intendedActions, nextObservations (F32, rows×size), rewards,
/// masks (F32, rows), endings (U8, rows: 0 none, else `Ending`'s number), episodes (U64, rows). A
/// transition's sequence is its row; the version of its policy is 0.
public enum DemonstrationFile {
  /// The format's name, written to the metadata under `format`.
  public static let format = "kinglet-demonstrations-2"

  /// Writes steps, at least one, of equal sizes, atomically.
  public static func write(
    _ steps: [Demonstration], metadata: [String: String] = [:], to path: String
  ) throws(SafetensorsError) {
    try encode(steps, metadata: metadata).write(to: path)
  }

  /// Reads steps and metadata; whatever the file holds, gives them or one error.
  public static func read(
    _ path: String
  ) throws(SafetensorsError) -> (steps: [Demonstration], metadata: [String: String]) {
    let file = try Safetensors(contentsOf: path)
    return (try decode(file), file.metadata)
  }

  /// The columns of steps, at least one, of equal sizes.
  public static func encode(
    _ steps: [Demonstration], metadata: [String: String] = [:]
  ) -> Safetensors {
    precondition(!steps.isEmpty, "a demonstration file without steps")
    let transitions = steps.map(\.transition)
    let (observation, action) = (transitions[0].observation.count, transitions[0].action.count)
    precondition(
      transitions.allSatisfy {
        $0.observation.count == observation && $0.nextObservation.count == observation
          && $0.action.count == action
      } && steps.allSatisfy { $0.intendedAction.count == action }, "steps of different sizes")
    let rows = transitions.count
    var file = Safetensors(metadata: metadata.merging(["format": format]) { $1 })
    file.add("observations", shape: [rows, observation], transitions.flatMap(\.observation))
    file.add("actions", shape: [rows, action], transitions.flatMap(\.action))
    file.add("intendedActions", shape: [rows, action], steps.flatMap(\.intendedAction))
    file.add("rewards", shape: [rows], transitions.map(\.reward))
    file.add(
      "nextObservations", shape: [rows, observation], transitions.flatMap(\.nextObservation))
    file.add("masks", shape: [rows], transitions.map(\.mask))
    file.add("endings", shape: [rows], transitions.map { $0.ending?.rawValue ?? 0 })
    file.add("episodes", shape: [rows], transitions.map { UInt64($0.episode) })
    return file
  }

  /// The steps of a file's columns, checked: shapes, finite numbers, actions in -1…1.
  public static func decode(_ file: Safetensors) throws(SafetensorsError) -> [Demonstration] {
    let shape = try file.array("observations", .f32, shape: [nil, nil]).shape
    let (rows, size) = (shape[0], shape[1])
    let actionSize = try file.array("actions", .f32, shape: [rows, nil]).shape[1]
    let observations = try finite(file, "observations", shape: [rows, size])
    let next = try finite(file, "nextObservations", shape: [rows, size])
    let actions = try finite(file, "actions", shape: [rows, actionSize])
    let intended = try finite(file, "intendedActions", shape: [rows, actionSize])
    let rewards = try finite(file, "rewards", shape: [rows])
    let masks = try finite(file, "masks", shape: [rows])
    let endings = try file.bytes("endings", shape: [rows])
    let episodes = try file.words("episodes", shape: [rows])
    try check("actions", actions, "an action is in -1…1") { abs($0) <= 1 }
    try check("intendedActions", intended, "an action is in -1…1") { abs($0) <= 1 }
    try check("endings", endings, "an ending is 0 (none) to 3") { $0 <= 3 }
    try check("episodes", episodes, "an episode's number has 32 bits") { $0 <= UInt64(UInt32.max) }
    var steps: [Demonstration] = []
    steps.reserveCapacity(rows)
    for row in 0..<rows {
      let transition = Transition(
        sequence: UInt64(row), episode: UInt32(truncatingIfNeeded: episodes[row]), policyVersion: 0,
        observation: Array(observations[row * size..<(row + 1) * size]),
        action: Array(actions[row * actionSize..<(row + 1) * actionSize]), reward: rewards[row],
        nextObservation: Array(next[row * size..<(row + 1) * size]),
        ending: Ending(rawValue: endings[row]))
      guard transition.mask == masks[row] else {
        throw .value(
          name: "masks", index: row, rule: "a mask is 0 where the ending is terminal, else 1")
      }
      let action = Array(intended[row * actionSize..<(row + 1) * actionSize])
      steps.append(Demonstration(transition: transition, intendedAction: action))
    }
    try checkEnds(of: steps)
    return steps
  }

  /// Steps of different episodes must not be taken for steps that follow each other.
  private static func checkEnds(of steps: [Demonstration]) throws(SafetensorsError) {
    for (row, (step, next)) in zip(steps, steps.dropFirst()).enumerated()
    where step.transition.ending == nil && step.transition.episode != next.transition.episode {
      throw .value(name: "endings", index: row, rule: "the last step of an episode has an ending")
    }
  }

  private static func finite(
    _ file: Safetensors, _ name: String, shape: [Int?]
  ) throws(SafetensorsError) -> [Float] {
    let values = try file.floats(name, shape: shape)
    try check(name, values, "a number is finite") { $0.isFinite }
    return values
  }

  private static func check<Value>(
    _ name: String, _ values: [Value], _ rule: String, _ holds: (Value) -> Bool
  ) throws(SafetensorsError) {
    if let index = values.firstIndex(where: { !holds($0) }) {
      throw .value(name: name, index: index, rule: rule)
    }
  }
}
