// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// The folder that `make setup` fills with MuJoCo, or the one that `MUJOCO_DIR` names.
let mujoco =
  ProcessInfo.processInfo.environment["MUJOCO_DIR"]
  ?? Context.packageDirectory + "/External/mujoco"

/// Every room is compiled under the same rules: no warning passes, existentials are spelled out,
/// a member is visible only where its module is imported, and imports are private unless said.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
  .unsafeFlags(["-Xcc", "-I" + mujoco + "/include"]),
]

func room(
  _ name: String, uses: [Target.Dependency] = [], besides excluded: [String] = []
) -> Target {
  .target(name: name, dependencies: uses, exclude: excluded, swiftSettings: strict)
}

func tests(
  _ name: String, uses: [Target.Dependency] = [], besides excluded: [String] = []
) -> Target {
  .testTarget(name: name, dependencies: uses, exclude: excluded, swiftSettings: strict)
}

let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

// C and C++ live here, behind plain C functions.
let cRooms: [Target] = [
  .target(name: "CRealtime"),
  .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
  .target(
    name: "CMuJoCo", cSettings: [.unsafeFlags(["-I" + mujoco + "/include"])],
    linkerSettings: [
      .linkedLibrary("mujoco"),
      .unsafeFlags(["-L" + mujoco + "/lib", "-Xlinker", "-rpath", "-Xlinker", mujoco + "/lib"]),
    ]),
  .target(
    name: "CRender", dependencies: ["CMuJoCo"],
    cSettings: [.unsafeFlags(["-I" + mujoco + "/include"])]),
  .target(
    name: "CHDF5", cSettings: [.unsafeFlags(["-isystem", "/usr/include/hdf5/serial"])],
    linkerSettings: [.linkedLibrary("hdf5_serial")]),
  .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
  .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
  .target(
    name: "CKernels", cxxSettings: [.unsafeFlags(["-O3", "-isystem", "/usr/include/eigen3"])]),
]

let words: [Target] = [
  room("Geometry"),
  room("Randomness"),
  room("Fuzzing", uses: ["Randomness"]),
  room("Messages", uses: ["Geometry", protobuf], besides: ["kinglet.proto"]),
]

let edges: [Target] = [
  room("RealTime", uses: ["CRealtime"]),
  room("Wire", uses: ["Messages", "CZeroMQ", "CZlib"]),
  room("Tensors", uses: ["CKernels", "Randomness"]),
]

let slots: [Target] = [
  room("ControlSlots", uses: ["Messages", "Geometry"]),
  room("LearningSlots", uses: ["Geometry", "Messages", "Tensors"]),
]

let control: [Target] = [
  room("Safety", uses: ["Messages", "Geometry", "CKernels"]),
  room("ImpedanceControl", uses: ["ControlSlots", "Messages", "Geometry", "CKernels"]),
  room("ControlLoop", uses: ["ControlSlots", "Messages", "Geometry", "Safety"]),
  room(
    "SimulatedWorld",
    uses: ["ControlSlots", "Messages", "Geometry", "CMuJoCo", "Randomness"]),
]

let learning: [Target] = [
  room("NeuralNetworks", uses: ["Tensors", "Randomness"]),
  room("Replay", uses: ["LearningSlots", "Messages", "NeuralNetworks", "Tensors", "Randomness"]),
  room(
    "OffPolicy",
    uses: ["LearningSlots", "Messages", "Replay", "NeuralNetworks", "Tensors", "Randomness"]),
  room("Experts", uses: ["LearningSlots", "Geometry", "Randomness"]),
  room("Rewards", uses: ["LearningSlots", "Messages", "Geometry"]),
  room("Resets", uses: ["LearningSlots", "Messages", "Geometry", "Randomness"]),
]

let files: [Target] = [
  room("Recipes", uses: ["Messages", "Geometry", yams]),
  room("Metrics"),
  room("MCAP", uses: ["CZlib", "CZstd"]),
  room("Episodes", uses: ["MCAP", "Messages", "Geometry"]),
  room("Catalogue", uses: [grdb]),
  room("Exports", uses: ["CHDF5", "CZlib"]),
  room("Rendering", uses: ["CRender", "CMuJoCo", "CZlib"]),
]

let composition: [Target] = [
  room(
    "Sessions",
    uses: [
      "Catalogue", "ControlLoop", "ControlSlots", "Episodes", "Experts", "Exports", "Fuzzing",
      "Geometry", "ImpedanceControl", "LearningSlots", "MCAP", "Messages", "Metrics", "NeuralNetworks",
      "OffPolicy", "Randomness", "RealTime", "Recipes", "Rendering", "Replay", "Resets", "Rewards",
      "Safety", "SimulatedWorld", "Tensors", "Wire",
    ]),
  .executableTarget(
    name: "kinglet", dependencies: ["Sessions", "Catalogue", argumentParser], swiftSettings: strict),
]

let suites: [Target] = [
  .target(
    name: "Conformance",
    dependencies: [
      "ControlSlots", "LearningSlots", "Messages", "Geometry", "Randomness", "Tensors",
    ],
    path: "Tests/Conformance", swiftSettings: strict),
  tests("TidyTests"),
  tests("GeometryTests", uses: ["Geometry", "Randomness"]),
  tests("RandomnessTests", uses: ["Randomness"]),
  tests("FuzzingTests", uses: ["Fuzzing", "Randomness"]),
  tests("MessagesTests", uses: ["Messages", "Geometry", "Randomness"]),
  tests("WireTests", uses: ["Wire", "Messages", "Geometry", "Randomness"]),
  tests("RealTimeTests", uses: ["RealTime", "CRealtime"]),
  tests(
    "SafetyTests", uses: ["Safety", "Conformance", "Messages", "Geometry", "Randomness"]),
  tests(
    "ImpedanceControlTests",
    uses: [
      "ImpedanceControl", "Conformance", "ControlSlots", "Messages", "Geometry", "Randomness",
    ]),
  tests(
    "ControlLoopTests",
    uses: [
      "ControlLoop", "ImpedanceControl", "Safety", "RealTime", "Conformance", "ControlSlots",
      "Messages", "Geometry", "Randomness",
    ]),
  tests(
    "SimulatedWorldTests",
    uses: [
      "SimulatedWorld", "ControlLoop", "ImpedanceControl", "Safety", "Conformance", "ControlSlots",
      "Messages", "Geometry", "Randomness", "CMuJoCo",
    ]),
  tests("TensorsTests", uses: ["Tensors", "Randomness"]),
  tests("NeuralNetworksTests", uses: ["NeuralNetworks", "Tensors", "Randomness"]),
  tests(
    "ReplayTests",
    uses: ["Replay", "LearningSlots", "Messages", "NeuralNetworks", "Tensors", "Randomness"]),
  tests(
    "OffPolicyTests",
    uses: [
      "OffPolicy", "Conformance", "LearningSlots", "NeuralNetworks", "Tensors", "Randomness",
    ],
    besides: ["Fixtures"]),
  tests(
    "ExpertsTests", uses: ["Experts", "Conformance", "LearningSlots", "Geometry", "Randomness"]),
  tests(
    "RewardsTests",
    uses: ["Rewards", "Conformance", "LearningSlots", "Messages", "Geometry", "Randomness"]),
  tests(
    "ResetsTests",
    uses: ["Resets", "Conformance", "LearningSlots", "Messages", "Geometry", "Randomness"]),
  tests("RecipesTests", uses: ["Recipes", "Messages", "Geometry"]),
  tests("MetricsTests", uses: ["Metrics"]),
  tests("ExportsTests", uses: ["Exports"]),
  tests("CatalogueTests", uses: ["Catalogue"]),
  tests("MCAPTests", uses: ["MCAP"]),
  tests("RenderingTests", uses: ["Rendering"]),
  tests(
    "SessionsTests",
    uses: [
      "Sessions", "Episodes", "Geometry", "Messages", "Randomness", "Recipes", "Safety", "Wire",
    ]),
]

let package = Package(
  name: "kinglet",
  products: [.executable(name: "kinglet", targets: ["kinglet"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: cRooms + words + edges + slots + control + learning + files + composition + suites,
  cxxLanguageStandard: .cxx17
)
