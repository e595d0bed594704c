/// Writes episodes as one robomimic HDF5 file.
///
/// The file appears under its name when `finish` has read everything back; until then it has a
/// temporary name beside it, and without `finish` it is removed. At any time no more than one
/// episode is in memory, besides a few numbers about each that was written.
public struct RobomimicExport: EpisodeExport, ~Copyable {
  /// Of this many episodes one is kept for validation, if there are as many.
  package static let validationPeriod = 10

  /// What reading a dataset back must give.
  private struct Written {
    let name: String
    let kind: HDF5File.Kind
    let shape: [Int]
    let byteCount: Int
    let checksum: UInt32
  }

  /// What reading an episode's group back must give.
  private struct Demonstration {
    let name: String
    let steps: Int
    let isSuccess: Bool
    let texts: [(name: String, checksum: UInt32)]
    var sets: [Written] = []
  }

  private let description: ExportDescription
  private var output: PartialOutput
  private var file: HDF5File
  private var demonstrations: [Demonstration] = []
  private var stepCount = 0
  private var fault: ExportError?

  /// Begins a file, which must not exist yet.
  public init(creating file: String, _ description: ExportDescription) throws(ExportError) {
    try description.check()
    let output = try PartialOutput(beside: file)
    let created = try HDF5File(creating: output.path)
    for name in ["data", "mask"] { try created.addGroup(name) }
    self.description = description
    self.output = output
    self.file = created
  }

  /// Adds an episode as the next `demo_i`.
  ///
  /// `dones` is 1 where the task itself ended, not where the episode was cut short. An episode that
  /// breaks a rule is refused and the export goes on without it; after any other error the export
  /// is removed and every further call throws that error.
  public mutating func add(_ episode: ExportedEpisode) throws(ExportError) {
    if let fault { throw fault }
    try episode.check(against: description)
    do throws(ExportError) {
      try write(episode)
    } catch {
      fault = error
      output.remove()
      throw error
    }
  }

  /// Writes the masks, reads everything back and gives the file its name.
  public consuming func finish() throws(ExportError) -> ExportSummary {
    if let fault { throw fault }
    guard !demonstrations.isEmpty else { throw .empty(target: output.target) }
    try file.write(stepCount, attribute: "total", of: "data")
    try file.write(environmentArguments, attribute: "env_args", of: "data")
    for mask in masks { try file.write(.texts(mask.names), to: "mask/" + mask.name) }
    try file.close()
    try check()
    let byteCount = try fileSize(output.path)
    try output.publishFile()
    return ExportSummary(
      path: output.target, episodes: demonstrations.count, steps: stepCount, byteCount: byteCount)
  }

  private mutating func write(_ episode: ExportedEpisode) throws(ExportError) {
    let name = "demo_\(demonstrations.count)"
    let group = "data/" + name
    try file.addGroup(group)
    try file.write(episode.steps, attribute: "num_samples", of: group)
    let texts = Self.texts(of: episode)
    for (name, text) in texts { try file.write(text, attribute: name, of: group) }
    var demonstration = Demonstration(
      name: name, steps: episode.steps, isSuccess: episode.isSuccess,
      texts: texts.map { ($0.name, Checksum.of(Array($0.text.utf8))) })
    try file.addGroup(group + "/obs")
    try file.addGroup(group + "/next_obs")
    let last: Int64 = episode.ending == .terminal ? 1 : 0
    try add(.rows(episode.actions), "actions", to: &demonstration)
    try add(.numbers(episode.rewards), "rewards", to: &demonstration)
    try add(
      .integers(Array(repeating: 0, count: episode.steps - 1) + [last]), "dones",
      to: &demonstration)
    try add(.rows(episode.observations), "obs/state", to: &demonstration)
    try add(.rows(episode.nextObservations), "next_obs/state", to: &demonstration)
    if !episode.states.isEmpty { try add(.rows(episode.states), "states", to: &demonstration) }
    demonstrations.append(demonstration)
    stepCount += episode.steps
  }

  private static func texts(of episode: ExportedEpisode) -> [(name: String, text: String)] {
    [
      ("model_file", episode.modelXML), ("task", episode.task), ("source", episode.source),
      ("ending", episode.ending.rawValue),
    ].filter { !$0.1.isEmpty }
  }

  private func add(
    _ values: HDF5File.Values, _ name: String, to demonstration: inout Demonstration
  ) throws(ExportError) {
    let name = "data/\(demonstration.name)/\(name)"
    try file.write(values, to: name)
    demonstration.sets.append(
      Written(
        name: name, kind: values.kind, shape: values.shape, byteCount: values.bytes.count,
        checksum: Checksum.of(values.bytes)))
  }

  /// The names of the episodes in each mask.
  private var masks: [(name: String, names: [String])] {
    let names = demonstrations.map(\.name)
    let success = ("success", demonstrations.filter(\.isSuccess).map(\.name))
    let period = Self.validationPeriod
    guard names.count >= period else { return [success] }
    let isValid = names.indices.map { $0 % period == period - 1 }
    return [
      ("train", zip(names, isValid).filter { !$1 }.map(\.0)),
      ("valid", zip(names, isValid).filter { $1 }.map(\.0)), success,
    ]
  }

  /// Robomimic's words for the environment, of its type for Gym; what else is known stands beside
  /// them, where no environment takes it for an argument.
  private var environmentArguments: String {
    JSONText.object([
      ("env_name", .text(description.environment)), ("env_type", .integer(2)),
      ("env_kwargs", .object([])), ("robot_type", .text(description.robotType)),
      ("frames_per_second", .integer(description.framesPerSecond)),
      ("observation_names", .texts(description.observationNames)),
      ("action_names", .texts(description.actionNames)),
    ]).oneLine
  }

  /// Opens the file again and compares shapes, values, attributes and masks.
  private func check() throws(ExportError) {
    let found = try HDF5File(opening: output.path)
    try expect(found, found.linkCount(in: "data") == demonstrations.count, "number of episodes")
    try expect(found, found.integer(attribute: "total", of: "data") == stepCount, "total")
    let arguments = try found.text(attribute: "env_args", of: "data")
    try expect(found, arguments == environmentArguments, "env_args")
    for demonstration in demonstrations {
      let group = "data/" + demonstration.name
      let steps = try found.integer(attribute: "num_samples", of: group)
      try expect(found, steps == demonstration.steps, group + ": num_samples")
      for (name, checksum) in demonstration.texts {
        let text = try found.text(attribute: name, of: group)
        try expect(found, Checksum.of(Array(text.utf8)) == checksum, group + ": " + name)
      }
      for set in demonstration.sets {
        let bytes = try found.read(
          set.name, set.kind, shape: set.shape, byteCount: set.byteCount)
        try expect(found, Checksum.of(bytes) == set.checksum, set.name)
      }
    }
    for mask in masks {
      let values = HDF5File.Values.texts(mask.names)
      let bytes = try found.read(
        "mask/" + mask.name, values.kind, shape: values.shape, byteCount: values.bytes.count)
      try expect(found, bytes == values.bytes, "mask/" + mask.name)
    }
  }

  private func expect(
    _ file: borrowing HDF5File, _ isEqual: Bool, _ what: String
  ) throws(ExportError) {
    guard isEqual else { throw .differs(file: file.path, reason: what) }
  }
}
