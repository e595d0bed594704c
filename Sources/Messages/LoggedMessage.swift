import Foundation
import SwiftProtobuf

/// A message of the schema that a log holds by itself, without an envelope.
public protocol LoggedMessage {
  /// Its full name in the schema, such as `kinglet.v1.Action`.
  static var schemaName: String { get }

  /// Its protobuf.
  func encoded() -> [UInt8]

  /// Reads its protobuf.
  ///
  /// Any bytes are safe: what is too long, is not finite or has no meaning is refused by name.
  init(decoding bytes: [UInt8]) throws(MessageError)
}

/// A message that is written and read through its generated twin.
protocol Generated: LoggedMessage {
  associatedtype Proto: SwiftProtobuf.Message
  init(_ proto: Proto) throws(MessageError)
  var proto: Proto { get }
}

extension Generated {
  /// The generated twin's full name.
  public static var schemaName: String { Proto.protoMessageName }

  /// The protobuf of the generated twin.
  public func encoded() -> [UInt8] { bytes(of: proto) }

  /// Reads the protobuf of the generated twin.
  public init(decoding bytes: [UInt8]) throws(MessageError) {
    let proto = bytes.withUnsafeBytes { bytes in
      Result { () throws(MessageError) in try parse(bytes, as: Proto.self) }
    }
    try self.init(proto.get())
  }
}

private func bytes(of message: some SwiftProtobuf.Message) -> [UInt8] {
  do {
    return try message.serializedBytes()
  } catch {
    preconditionFailure("a message without required fields cannot fail to encode: \(error)")
  }
}

extension EpisodeOrigin: Generated { var proto: ProtoEpisodeOrigin { ProtoEpisodeOrigin(self) } }
extension Observation: Generated { var proto: ProtoObservation { ProtoObservation(self) } }
extension Action: Generated { var proto: ProtoAction { ProtoAction(self) } }
extension Setpoint: Generated { var proto: ProtoSetpoint { ProtoSetpoint(self) } }
extension StepReward: Generated { var proto: ProtoStepReward { ProtoStepReward(self) } }
extension SafetyIntervention: Generated {
  var proto: ProtoSafetyIntervention { ProtoSafetyIntervention(self) }
}
extension SetpointIntervention: Generated {
  var proto: ProtoSetpointIntervention { ProtoSetpointIntervention(self) }
}
extension SimulatorState: Generated {
  var proto: ProtoSimulatorState { ProtoSimulatorState(self) }
}
extension Truth: Generated { var proto: ProtoTruth { ProtoTruth(self) } }

extension DriverStatus: Generated {
  init(_ proto: ProtoDriverStatus) throws(MessageError) {
    guard let mode = DriverMode(rawValue: UInt8(clamping: proto.mode.rawValue)) else {
      throw .unknownValue("DriverStatus.mode", value: proto.mode.rawValue)
    }
    let it = proto.refusals
    self.init(
      mode: mode, since: proto.since, reason: proto.reason, stands: proto.stands,
      refusals: Refusals(
        late: it.late, early: it.early, stopped: it.stopped, damaged: it.damaged,
        foreign: it.foreign), time: proto.time)
  }

  var proto: ProtoDriverStatus {
    .with {
      $0.mode = ProtoDriverMode(rawValue: Int(mode.rawValue)) ?? .unspecified
      ($0.since, $0.reason, $0.stands, $0.time) = (since, reason, stands, time)
      let refused = refusals
      $0.refusals = .with {
        ($0.late, $0.early, $0.stopped) = (refused.late, refused.early, refused.stopped)
        ($0.damaged, $0.foreign) = (refused.damaged, refused.foreign)
      }
    }
  }
}

extension LogLine: Generated {
  init(_ proto: ProtoLogLine) throws(MessageError) {
    self.init(role: proto.role, text: proto.text)
  }

  var proto: ProtoLogLine {
    .with { ($0.role, $0.text) = (role, text) }
  }
}

extension ArmState {
  /// Full name in the schema.
  public static let schemaName = ProtoArmState.protoMessageName
}

extension JointTorque {
  /// Full name in the schema.
  public static let schemaName = ProtoJointTorque.protoMessageName
}
