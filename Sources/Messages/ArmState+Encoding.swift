import Geometry

extension ArmState: FixedLengthMessage {
  /// Length of every encoding [bytes].
  public static let encodedLength = 826
  /// Where in an encoding the robot time stands: behind the tick and its own tag.
  static let timeOffset = 10

  /// Writes the protobuf `kinglet.v1.ArmState` without allocating.
  public func encode(into buffer: UnsafeMutableRawBufferPointer) {
    FieldWriter.write(self, into: buffer)
  }

  /// Reads a protobuf `kinglet.v1.ArmState`.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(MessageError) {
    self.init()
    guard try FieldReader.fill(&self, from: bytes) else {
      self = try ArmState(parse(bytes, as: ProtoArmState.self))
      return
    }
    try baseFromTool.rotation.checkUnit("ArmState.base_from_tool")
  }
}

extension ArmState: FixedLayout {
  mutating func visitFields(_ visitor: inout some FieldVisitor) {
    visitor.visit(1, &tick)
    visitor.visit(2, &time)
    visitor.visit(3, &requiredSetpoint)
    visitor.visit(4, "ArmState.position", doubles: 7, &position)
    visitor.visit(5, "ArmState.velocity", doubles: 7, &velocity)
    visitor.visit(6, "ArmState.torque", doubles: 7, &torque)
    visitor.visit(7, "ArmState.external_torque", doubles: 7, &externalTorque)
    visitor.visit(8, "ArmState.coriolis", doubles: 7, &coriolis)
    visitor.visit(9, "ArmState.jacobian", doubles: 42, &jacobian)
    visitor.open(10, length: 60)
    baseFromTool.visitFields(&visitor, "ArmState.base_from_tool")
    visitor.open(11, length: 52)
    visitor.visit(1, "ArmState.tool_twist", doubles: 3, &toolTwist.linear)
    visitor.visit(2, "ArmState.tool_twist", doubles: 3, &toolTwist.angular)
    visitor.open(12, length: 52)
    visitor.visit(1, "ArmState.tool_wrench", doubles: 3, &toolWrench.force)
    visitor.visit(2, "ArmState.tool_wrench", doubles: 3, &toolWrench.torque)
  }
}

/// The envelope of `Message.granted`, byte for byte, without allocating.
public struct GrantedState: FixedLengthMessage {
  /// Length of every encoding [bytes].
  public static let encodedLength = 3 + ArmState.encodedLength
  /// The arm at the granted tick.
  public var state: ArmState

  /// An envelope of a state.
  public init(_ state: ArmState) { self.state = state }

  /// Writes the protobuf `kinglet.v1.Envelope` without allocating.
  public func encode(into buffer: UnsafeMutableRawBufferPointer) {
    FieldWriter.write(self, into: buffer)
  }

  /// Reads a protobuf `kinglet.v1.Envelope` that a `GrantedState` wrote.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(MessageError) {
    self.init()
    guard try FieldReader.fill(&self, from: bytes) else {
      throw .malformed("envelope of a granted state")
    }
    try state.baseFromTool.rotation.checkUnit("ArmState.base_from_tool")
  }
}

extension GrantedState: FixedLayout {
  init() { state = ArmState() }

  mutating func visitFields(_ visitor: inout some FieldVisitor) {
    visitor.open(9, length: ArmState.encodedLength)
    state.visitFields(&visitor)
  }
}

extension JointTorque: FixedLengthMessage {
  /// Length of every encoding [bytes].
  public static let encodedLength = 76

  /// Writes the protobuf `kinglet.v1.JointTorque` without allocating.
  public func encode(into buffer: UnsafeMutableRawBufferPointer) {
    FieldWriter.write(self, into: buffer)
  }

  /// Reads a protobuf `kinglet.v1.JointTorque`.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(MessageError) {
    self.init()
    if try FieldReader.fill(&self, from: bytes) { return }
    self = try JointTorque(parse(bytes, as: ProtoJointTorque.self))
  }
}

extension JointTorque: FixedLayout {
  mutating func visitFields(_ visitor: inout some FieldVisitor) {
    visitor.visit(1, &tick)
    visitor.visit(2, "JointTorque.torque", doubles: 7, &torque)
    visitor.visit(3, &setpoint)
  }
}

extension Transform {
  mutating func visitFields(_ visitor: inout some FieldVisitor, _ name: StaticString) {
    var quaternion: InlineArray<4, Double> = [
      rotation.w, rotation.vector.x, rotation.vector.y, rotation.vector.z,
    ]
    visitor.visit(1, name, doubles: 4, &quaternion)
    // Assigned part by part: the initialiser would scale, and the bits must survive the trip.
    rotation.w = quaternion[0]
    rotation.vector = Vector3(quaternion[1], quaternion[2], quaternion[3])
    visitor.visit(2, name, doubles: 3, &translation)
  }
}

extension Rotation {
  /// Refuses what is not a rotation: |q|² off 1 by more than 1e-6.
  func checkUnit(_ field: String) throws(MessageError) {
    guard abs(w * w + vector.dot(vector) - 1) <= 1e-6 else { throw .notRotation(field) }
  }
}
