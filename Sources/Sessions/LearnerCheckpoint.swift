import Foundation
import Messages
import NeuralNetworks
import OffPolicy
import Randomness

/// What a learner process saves: the learner, and how far the process itself is.
struct LearnerCheckpoint {
  /// Transitions learned from.
  var steps: Int
  /// Critic updates made.
  var updates: Int
  /// Where minibatches are drawn from.
  var stream: RandomStream
  /// Digest of the demonstrations: another set would be another training.
  var demonstrations: UInt64
  private static let name = "session"

  /// The learner's file with this in it.
  func file(with learner: borrowing RLPD) -> Safetensors {
    var file = learner.checkpoint()
    let words = stream.state
    file.add(
      Self.name, shape: [7],
      [UInt64(steps), UInt64(updates), demonstrations, words.0, words.1, words.2, words.3])
    return file
  }

  /// A checkpoint of its parts.
  init(steps: Int, updates: Int, stream: RandomStream, demonstrations: UInt64) {
    self.steps = steps
    self.updates = updates
    self.stream = stream
    self.demonstrations = demonstrations
  }

  /// Reads what `file` wrote.
  init(_ file: Safetensors) throws(SafetensorsError) {
    let words = try file.words(Self.name, shape: [7])
    guard let steps = Int32(exactly: words[0]), let updates = Int32(exactly: words[1]) else {
      throw .value(name: Self.name, index: 0, rule: "a count is below 2³¹")
    }
    self.steps = Int(steps)
    self.updates = Int(updates)
    demonstrations = words[2]
    stream = RandomStream(seed: 0, name: "restored")
    stream.state = (words[3], words[4], words[5], words[6])
  }

  /// Where the checkpoint of so many steps stands.
  static func path(in run: String, steps: Int) -> String {
    run + "/checkpoints/step-" + String(format: "%08d", steps) + ".safetensors"
  }

  /// The newest readable checkpoint of a run with at most so many steps, and its file.
  static func newest(
    in run: String, upTo most: Int
  ) -> (checkpoint: LearnerCheckpoint, file: Safetensors)? {
    let folder = run + "/checkpoints"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names.sorted().reversed() where name.hasPrefix("step-") {
      // One that a full disk or a crash has spoilt costs time, no more.
      guard let file = try? Safetensors(contentsOf: folder + "/" + name),
        let checkpoint = try? LearnerCheckpoint(file), checkpoint.steps <= most
      else { continue }
      return (checkpoint, file)
    }
    return nil
  }
}
