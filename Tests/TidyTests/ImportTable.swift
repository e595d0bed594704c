/// Who may import whom: the form to read the layout in.
///
/// `Package.swift` says the same to the compiler, which by itself lets a room import what it only
/// reaches through another.
enum ImportTable {
  /// One line per Swift room: the rooms, C rooms and packages that it may import.
  static let rooms = parse(
    """
    Geometry         :
    Randomness       :
    Fuzzing          : Randomness
    Messages         : Geometry SwiftProtobuf
    Tensors          : CKernels Randomness
    ControlSlots     : Messages Geometry
    LearningSlots    : Geometry Messages Tensors
    RealTime         : CRealtime
    Wire             : Messages CZeroMQ CZlib
    Safety           : Messages Geometry CKernels
    ImpedanceControl : ControlSlots Messages Geometry CKernels
    ControlLoop      : ControlSlots Messages Geometry Safety
    SimulatedWorld   : ControlSlots Messages Geometry CMuJoCo Randomness
    NeuralNetworks   : Tensors Randomness
    Replay           : LearningSlots Messages NeuralNetworks Tensors Randomness
    OffPolicy        : LearningSlots Messages Replay NeuralNetworks Tensors Randomness
    Experts          : LearningSlots Geometry Randomness
    Rewards          : LearningSlots Messages Geometry
    Resets           : LearningSlots Messages Geometry Randomness
    Recipes          : Messages Geometry Yams
    Metrics          :
    MCAP             : CZlib CZstd
    Episodes         : Geometry MCAP Messages
    Catalogue        : GRDB
    Exports          : CHDF5 CZlib
    Rendering        : CMuJoCo CRender CZlib
    Sessions         : Catalogue Exports ControlLoop ControlSlots Episodes Experts Geometry MCAP ImpedanceControl LearningSlots
    Sessions         : Messages Metrics NeuralNetworks OffPolicy RealTime Recipes Replay Resets
    Sessions         : Fuzzing Randomness Rendering Rewards Safety SimulatedWorld Tensors Wire
    kinglet          : Sessions Catalogue ArgumentParser
    """)

  /// The toolchain's own modules, and the rooms that may import each.
  static let toolchain = parse(
    """
    Foundation           : Geometry Randomness Messages Experts Recipes Metrics Sessions kinglet
    Foundation           : Exports NeuralNetworks Replay OffPolicy SimulatedWorld Rewards Wire
    FoundationEssentials : Messages
    Glibc                : RealTime Wire Tensors ImpedanceControl Safety Sessions Metrics kinglet
    Glibc                : MCAP Rendering Fuzzing
    Synchronization      : RealTime Wire Sessions
    """)

  /// The rooms of the 1 kHz side.
  static let control = [
    "ControlSlots", "Safety", "ImpedanceControl", "ControlLoop", "SimulatedWorld",
  ]
  /// The rooms of the learning side.
  static let learning = [
    "Tensors", "LearningSlots", "NeuralNetworks", "Replay", "OffPolicy", "Experts", "Rewards",
    "Resets",
  ]

  /// Reads lines of `name : words`; a name may stand on several lines.
  static func parse(_ text: String) -> [String: Set<String>] {
    var table: [String: Set<String>] = [:]
    for line in text.split(separator: "\n") {
      let sides = line.split(separator: ":", omittingEmptySubsequences: false)
      let words = sides.count > 1 ? sides[1].split(separator: " ").map(String.init) : []
      let name = sides[0].split(separator: " ").first.map(String.init) ?? ""
      table[name, default: []].formUnion(words)
    }
    return table
  }

  /// Everything that can be reached from a room.
  static func reach(from room: String, in table: [String: Set<String>]) -> Set<String> {
    var found: Set<String> = []
    var open = [room]
    while let next = open.popLast() {
      for used in table[next] ?? [] where found.insert(used).inserted { open.append(used) }
    }
    return found
  }
}
