import Foundation
import Geometry
import Messages
import Testing

/// A third party reads what this project writes: protoc and the committed schema.
@Suite(.enabled(if: Protoc.path != nil, "needs protoc"))
struct ProtocTests {
  @Test func `protoc reads an arm state`() throws {
    var state = ArmState()
    state.tick = 42
    state.requiredSetpoint = 7
    state.position[2] = 1.25
    state.toolWrench.force.z = -3.5
    let text = try Protoc.decode(state.encoding, as: "ArmState")
    #expect(text.hasPrefix("tick: 42\ntime: 0\nrequired_setpoint: 7\nposition: 0\nposition: 0\n"))
    #expect(text.contains("position: 1.25\n"))
    #expect(text.contains("force: -3.5\n"))
    #expect(text.components(separatedBy: "jacobian: 0\n").count == 43)
  }

  @Test func `protoc reads a torque`() throws {
    var command = JointTorque()
    command.tick = -1
    command.torque[6] = 0.5
    let text = try Protoc.decode(command.encoding, as: "JointTorque")
    #expect(text.hasPrefix("tick: -1\ntorque: 0\n"))
    #expect(text.hasSuffix("torque: 0.5\nsetpoint: 0\n"))
  }

  @Test func `protoc writes the very bytes of a random torque`() throws {
    var samples = Samples(seed: 31)
    for _ in 0..<5 {
      let command = samples.command()
      let text =
        "tick: \(command.tick) setpoint: \(command.setpoint) torque: \(command.torque.array)"
      let bytes = try Protoc.run("--encode=kinglet.v1.JointTorque", input: [UInt8](text.utf8))
      #expect(bytes == command.encoding)
    }
  }

  @Test func `protoc reads envelopes`() throws {
    let grant = Message.grant(Grant(sequence: 5, untilTick: 100, setpoint: 2))
    #expect(
      try Protoc.decode(grant.encoded(), as: "Envelope")
        == "grant {\n  sequence: 5\n  until_tick: 100\n  setpoint: 2\n}\n")
    let judgement = Message.judgement(Judgement(reward: 0.5, ending: .timeLimit))
    #expect(
      try Protoc.decode(judgement.encoded(), as: "Envelope")
        == "judgement {\n  reward: 0.5\n  ending: ENDING_TIME_LIMIT\n}\n")
  }

  @Test func `protoc refuses a damaged envelope`() {
    let bytes = Message.grant(Grant(sequence: 5, untilTick: 100, setpoint: 2)).encoded()
    #expect(throws: Protoc.Refused.self) {
      try Protoc.decode(Array(bytes.dropLast()), as: "Envelope")
    }
  }
}

enum Protoc {
  struct Refused: Error {}

  static let path = ["/usr/bin/protoc", "/usr/local/bin/protoc"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  static func decode(_ bytes: [UInt8], as message: String) throws -> String {
    String(decoding: try run("--decode=kinglet.v1.\(message)", input: bytes), as: UTF8.self)
  }

  static func run(_ task: String, input bytes: [UInt8]) throws -> [UInt8] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let schema = folder.appending(path: "../../Sources/Messages").standardizedFileURL.path()
    let process = Process()
    process.executableURL = URL(filePath: path ?? "")
    process.arguments = [task, "--proto_path=\(schema)", "kinglet.proto"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(bytes))
    try input.fileHandleForWriting.close()
    let result = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Refused() }
    return [UInt8](result)
  }
}
