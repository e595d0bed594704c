import Foundation
import LearningSlots
import Messages
import Metrics
import Randomness
import RealTime
import Replay

/// What keeping and drawing transitions costs.
public struct ReplayReport: Report {
  /// Components of an observation.
  public var observation: Int
  /// Components of an action.
  public var action: Int
  /// Bytes of a step's images.
  public var imageBytes: Int
  /// Transitions kept.
  public var transitions: Int
  /// Transitions of a draw.
  public var batch: Int
  /// Time to keep one [µs].
  public var appendMicroseconds: Spread
  /// Time to draw a batch from all over the buffer, median [µs].
  public var medianMicroseconds: Double
  /// 99 of 100 draws took at most this [µs].
  public var p99Microseconds: Double
  /// Growth of the process's resident memory by the full buffer [MB, 10⁶ bytes].
  public var megabytes: Double

  /// The report for a person.
  public var text: String {
    """
    replay, \(transitions) transitions of \(observation) numbers, \(action) of an action, \
    \(imageBytes) bytes of images
      keep one        \(appendMicroseconds.text)
      draw \(batch)        \(Spread(median: medianMicroseconds, p99: p99Microseconds).text)
      memory          \(decimal(megabytes, 1)) MB
    """
  }
}

extension Commands {
  /// Measures the replay buffer: `kinglet bench replay`.
  ///
  /// Episodes of 25 steps fill it to the last row, half as many again turn the ring.
  public static func benchReplay(
    transitions: Int, observation: Int, action: Int, batch rows: Int, imageBytes: Int
  ) throws -> ReplayReport {
    try checkMemory(for: transitions * (imageBytes + 4 * (observation + action + 2)))
    var stream = RandomStream(seed: 1, name: "bench.replay")
    var walk = RandomEpisodes(observation: observation, action: action, imageBytes: imageBytes)
    let before = resident(of: "self")
    var buffer = ReplayBuffer(
      capacity: transitions, observationSize: observation, actionSize: action,
      imageSize: imageBytes)
    var appended: [Int64] = []
    for index in 0..<(transitions + transitions / 2) {
      let (transition, images) = walk.next(using: &stream)
      let start = MonotonicClock.now
      buffer.append(transition, images: images)
      if index.isMultiple(of: 64) { appended.append(MonotonicClock.now - start) }
    }
    let megabytes = Double(resident(of: "self") - before) * 1e-6
    var batch = Batch(
      rows: rows, observationSize: observation, actionSize: action, imageSize: imageBytes)
    var sampled: [Int64] = []
    for _ in 0..<2000 {
      let start = MonotonicClock.now
      buffer.sample(into: &batch, rows: 0..<rows, using: &stream)
      sampled.append(MonotonicClock.now - start)
    }
    let draws = Spread(nanoseconds: sampled)
    return ReplayReport(
      observation: observation, action: action, imageBytes: imageBytes,
      transitions: buffer.count, batch: rows,
      appendMicroseconds: Spread(nanoseconds: appended),
      medianMicroseconds: draws.median, p99Microseconds: draws.p99, megabytes: megabytes)
  }
}

/// Joined transitions of random numbers, with images if their size is not 0.
private struct RandomEpisodes {
  private var observation: [Float]
  private let action: Int
  private var image: [UInt8]
  private var index: UInt64 = 0

  init(observation: Int, action: Int, imageBytes: Int) {
    self.observation = Array(repeating: 0, count: observation)
    self.action = action
    image = Array(repeating: 0, count: imageBytes)
  }

  mutating func next(
    using stream: inout RandomStream
  ) -> (transition: Transition, images: StepImages) {
    let (before, imageBefore) = (observation, image)
    look(using: &stream)
    let isLast = index % 25 == 24
    let transition = Transition(
      sequence: index, episode: UInt32(index / 25), policyVersion: 0, observation: before,
      action: (0..<action).map { _ in Float(stream.uniform(eitherSide: 1)) }, reward: 0,
      nextObservation: observation, ending: isLast ? .terminal : nil)
    let images = StepImages(before: imageBefore, after: image)
    if isLast { look(using: &stream) }
    index += 1
    return (transition, images)
  }

  private mutating func look(using stream: inout RandomStream) {
    for place in observation.indices { observation[place] = Float(stream.uniform(eitherSide: 1)) }
    guard !image.isEmpty else { return }
    // A few bytes tell one image from the next: making them is not what is measured.
    for _ in 0..<8 {
      image[stream.index(below: image.count)] = UInt8(truncatingIfNeeded: stream.next())
    }
  }
}

/// Refuses a buffer that would not fit in memory.
private func checkMemory(for bytes: Int) throws(SessionFailure) {
  let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
  let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
  guard let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }),
    bytes > 1024 * kilobytes
  else { return }
  throw SessionFailure(
    "the buffer needs \(decimal(Double(bytes) * 1e-9, 1)) GB and "
      + "\(decimal(Double(kilobytes) * 1.024e-6, 1)) are free: fewer --transitions or --image-bytes"
  )
}
