import Foundation
import Messages
import Testing

@Suite struct RecordingTests {
  @Test func `ticks come back as they were added, at their times`() throws {
    var samples = Samples(seed: 41)
    for count in [0, 1, 2, 17, 100] {
      let states = (0..<count).map { _ in samples.state() }
      let torques = (0..<count).map { _ in samples.command() }
      var ticks = TickRecords()
      for index in 0..<count { ticks.add(states[index], torques[index], wall: Int64(index)) }
      var seen = 0
      try ticks.forEach { (state, torque, time) throws in
        let (found, answer) = (try ArmState(decoding: state), try JointTorque(decoding: torque))
        #expect(found == states[seen])
        #expect(answer == torques[seen])
        #expect(time == RecordTime(robot: states[seen].time, wall: Int64(seen)))
        seen += 1
      }
      #expect(seen == count)
    }
  }

  @Test func `every series survives the trip to a log`() throws {
    var samples = Samples(seed: 42)
    for _ in 0..<30 {
      for record in samples.records() {
        let bytes = record.encoded()
        switch record {
        case .observation(let it): #expect(try Observation(decoding: bytes) == it)
        case .action(let it): #expect(try Action(decoding: bytes) == it)
        case .setpoint(let it): #expect(try Setpoint(decoding: bytes) == it)
        case .reward(let it): #expect(try StepReward(decoding: bytes) == it)
        case .safety(let it): #expect(try SafetyIntervention(decoding: bytes) == it)
        case .safetySetpoint(let it): #expect(try SetpointIntervention(decoding: bytes) == it)
        case .simulatorState(let it): #expect(try SimulatorState(decoding: bytes) == it)
        case .truth(let it): #expect(try Truth(decoding: bytes) == it)
        case .log(let it): #expect(try LogLine(decoding: bytes) == it)
        case .driver(let it): #expect(try DriverStatus(decoding: bytes) == it)
        }
      }
      let origin = samples.origin()
      #expect(try EpisodeOrigin(decoding: origin.encoded()) == origin)
    }
  }

  @Test func `parts of ticks that disagree are refused`() throws {
    var samples = Samples(seed: 43)
    var batch = Records(episode: 1, sender: .driver)
    batch.ticks.add(samples.state(), samples.command(), wall: 5)
    let bytes = Message.records(batch).encoded()
    // The length of the states, 826, stands as a varint behind their tag.
    let place = try #require(bytes.firstRange(of: [0x0a, 0xba, 0x06]))
    var damaged = bytes
    damaged[place.lowerBound] = 0x12
    #expect(throws: MessageError.self) { try Message(decoding: damaged) }
  }

  @Test(.enabled(if: Protoc.path != nil, "needs protoc"))
  func `the schema in logs is protoc's own`() throws {
    let schema = try Protoc.run("--descriptor_set_out=/dev/stdout", input: [])
    #expect(schema == Schema.descriptorSet)
  }
}
