import Foundation
import Recipes
import SimulatedWorld

/// Where the episodes of a session come from: the same in each of its files.
struct EpisodeSource: Sendable {
  /// The resolved recipe as YAML.
  let recipe: String
  /// The scene as MJCF.
  let scene: String
  /// What identifies the session, as metadata.
  let description: [String: String]

  init(_ recipe: SessionRecipe, scene: String) {
    let revision = gitRevision()
    self.recipe = recipe.resolvedYAML(revision: revision, date: isoDate())
    self.scene = scene
    let launch = recipe.launch
    let own = [
      "run": launch.run, "seed": "\(launch.seed)",
      "clock": launch.clock.rawValue, "placement": launch.placement.rawValue,
      "revision": revision, "build": Self.build, "mujoco": Engine.version, "cpu": Self.cpu,
      "modelHash": hexadecimal(fingerprint(of: scene.utf8)),
    ]
    description = DemonstrationFormat(recipe).entries.merging(own) { $1 }
  }

  /// Hash of this program: floating-point results are those of one build.
  static let build: String = {
    let bytes = FileManager.default.contents(atPath: "/proc/self/exe") ?? Data()
    return bytes.withUnsafeBytes { bytes in
      // By words: the program has tens of megabytes.
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
        let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        hash = (hash ^ word) &* 0x100_0000_01b3
        hash ^= hash >> 29
      }
      return hexadecimal(hash)
    }
  }()

  /// Kind of processor: floating-point libraries choose their code by it.
  static let cpu: String = {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":").last.map(String.init) ?? "unknown"
    return name.trimmingCharacters(in: .whitespaces)
  }()
}
