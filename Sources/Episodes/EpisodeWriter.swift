import MCAP
public import Messages

/// Writes one episode as an MCAP file.
///
/// Log time is robot time since the driver's start, publish time is the time on the wall. Until
/// `finish` the file is called `PATH.part`; what has been flushed is in it whatever happens.
public struct EpisodeWriter: ~Copyable {
  /// Where the whole file will stand.
  public let path: String
  private var file: MCAPWriter
  private let channels: [Topic: UInt16]

  /// Name of the metadata record that says where an episode comes from; written first.
  static let sessionName = "session"
  /// Name of the metadata record that says what came of it; written last.
  static let outcomeName = "episode"
  /// Name of the attachment that holds the resolved recipe.
  static let recipeName = "recipe.yaml"
  /// Name of the attachment that holds the scene's MJCF.
  static let sceneName = "scene.xml"

  /// Starts a file with what the episode belongs to.
  public init(
    creating path: String, recipe: String, scene: String, session: [String: String],
    compressionLevel: Int32 = -1
  ) throws(EpisodeError) {
    var file = try Self.create(path, compressionLevel: compressionLevel)
    var channels: [Topic: UInt16] = [:]
    for topic in Topic.allCases {
      let schema = file.addSchema(
        name: topic.schemaName, encoding: "protobuf", data: Schema.descriptorSet)
      channels[topic] = file.addChannel(
        topic: topic.rawValue, schema: schema, messageEncoding: "protobuf")
    }
    do throws(MCAPError) {
      try file.addMetadata(Self.sessionName, session)
      try file.attach(
        name: Self.recipeName, mediaType: "application/yaml", logTime: 0, data: Array(recipe.utf8))
      try file.attach(
        name: Self.sceneName, mediaType: "application/xml", logTime: 0, data: Array(scene.utf8))
    } catch {
      throw .file(error)
    }
    self.path = path
    self.file = file
    self.channels = channels
  }

  private static func create(
    _ path: String, compressionLevel: Int32
  ) throws(EpisodeError) -> MCAPWriter {
    do throws(MCAPError) {
      return try MCAPWriter(
        creating: path, library: "kinglet", compressionLevel: compressionLevel)
    } catch {
      throw .file(error)
    }
  }

  /// Whether records wait for `flush`.
  public var hasPending: Bool { file.hasPending }

  /// Writes what the episode starts from: the first record.
  public mutating func write(
    _ origin: EpisodeOrigin, at time: RecordTime
  ) throws(EpisodeError) {
    try write(origin.encoded(), to: .origin, at: time)
  }

  /// Writes a record.
  public mutating func write(_ record: TimedRecord) throws(EpisodeError) {
    try write(record.record.encoded(), to: record.record.topic, at: record.time)
  }

  /// Writes ticks: a state and a torque each.
  public mutating func write(_ ticks: TickRecords) throws(EpisodeError) {
    guard let state = channels[.state], let torque = channels[.torque] else { return }
    do throws(MCAPError) {
      try ticks.forEach { (stateBytes, torqueBytes, time) throws(MCAPError) in
        try file.write(
          channel: state, logTime: UInt64(clamping: time.robot),
          publishTime: UInt64(clamping: time.wall), data: stateBytes)
        try file.write(
          channel: torque, logTime: UInt64(clamping: time.robot),
          publishTime: UInt64(clamping: time.wall), data: torqueBytes)
      }
    } catch {
      throw .file(error)
    }
  }

  /// Hands everything to the system.
  public mutating func flush() throws(EpisodeError) {
    do throws(MCAPError) { try file.flush() } catch { throw .file(error) }
  }

  /// Writes what came of the episode, completes the file and gives it its name.
  public consuming func finish(_ outcome: [String: String]) throws(EpisodeError) {
    do throws(MCAPError) {
      // What came of it must not stand in the file before all of it does.
      try file.flush()
      try file.addMetadata(Self.outcomeName, outcome)
      _ = try file.finish()
    } catch {
      throw .file(error)
    }
  }

  private mutating func write(
    _ bytes: [UInt8], to topic: Topic, at time: RecordTime
  ) throws(EpisodeError) {
    guard let channel = channels[topic] else { return }
    do throws(MCAPError) {
      try bytes.span.bytes.withUnsafeBytes { (bytes) throws(MCAPError) in
        try file.write(
          channel: channel, logTime: UInt64(clamping: time.robot),
          publishTime: UInt64(clamping: time.wall), data: bytes)
      }
    } catch {
      throw .file(error)
    }
  }
}
