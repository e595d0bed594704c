import CMuJoCo
import Geometry
import Messages
import SimulatedWorld
import Testing

@Suite struct InsertionTests {
  @Test func `a centred header goes in, seats, and only then is a success`() throws {
    let configuration = world(home: working)
    var arm = try SimulatedArm(configuration, seed: 1)
    try run(&arm, toward: pose(of: configuration, lifted: 0.005), ticks: 4000)
    try arm.startEpisode(EpisodeStart(episode: 0, isEvaluation: false))
    #expect(!arm.truth().isSuccess)
    #expect(arm.truth().pins == 6)
    var entered: Double?
    for tick in 0..<4000 {
      // Slowly: joint friction drags a fast descent sideways by more than the pins' free play.
      let lifted = max(-4.0 / 3000, 0.005 - 0.000003 * Double(tick))
      try hold(&arm, at: pose(of: configuration, lifted: lifted))
      let truth = arm.truth()
      if entered == nil, truth.pinsInHoles == 6 { entered = truth.remainingDepth }
      #expect(truth.isSuccess == (truth.remainingDepth <= 0.0003 && truth.pinsInHoles == 6))
    }
    let truth = arm.truth()
    #expect(truth.isSuccess)
    #expect(abs(truth.remainingDepth) < 0.00005)
    #expect(truth.peakContactForce < 20)
    #expect((entered ?? 0) > 0.0025)
    #expect(abs(truth.contactForce - 4) < 0.8)
    let off = arm.read().baseFromTool.translation - configuration.baseFromTarget.translation
    #expect(abs(off.z) < 0.0001)
  }

  @Test func `a header one pitch off is never a success`() throws {
    let configuration = world(home: working)
    var arm = try SimulatedArm(configuration, seed: 1)
    let aside = Vector3(header.pitch, 0, 0)
    try run(&arm, toward: pose(of: configuration, lifted: 0.005, sideways: aside), ticks: 4000)
    try run(&arm, toward: pose(of: configuration, lifted: -0.01, sideways: aside), ticks: 1500)
    #expect(!arm.truth().isSuccess)
    #expect(arm.truth().pinsInHoles == 0)
  }

  /// A light part on a stiff bushing can chatter on the board; this world's must come to rest.
  @Test(arguments: [Vector3.zero, Vector3(0.0001, 0, 0), Vector3(0.0008, 0.0008, 0)])
  func `a pressed header comes to rest`(aside: Vector3) throws {
    let configuration = world(home: working)
    var arm = try SimulatedArm(configuration, seed: 1)
    try run(&arm, toward: pose(of: configuration, lifted: 0.005, sideways: aside), ticks: 4000)
    try run(&arm, toward: pose(of: configuration, lifted: -0.01, sideways: aside), ticks: 2000)
    var forces: [Double] = []
    var depths: [Double] = []
    for _ in 0..<300 {
      try hold(&arm, at: pose(of: configuration, lifted: -0.01, sideways: aside))
      forces.append(arm.truth().contactForce)
      depths.append(arm.truth().remainingDepth)
    }
    let spread = (forces.max() ?? 0) - (forces.min() ?? 0)
    #expect((forces.min() ?? 0) > 4)
    #expect(spread < 0.2)
    #expect((depths.max() ?? 0) - (depths.min() ?? 0) < 5e-6)
  }

  static let sizes: [(rows: Int, columns: Int, pitch: Double, pin: Double, hole: Double)] = [
    (2, 3, 0.00254, 0.00064, 0.001), (2, 3, 0.00254, 0.00064, 0.0009),
    (1, 4, 0.00254, 0.00064, 0.0008), (3, 5, 0.002, 0.0005, 0.00075),
    (1, 1, 0.00127, 0.0004, 0.0006),
  ]

  @Test(arguments: sizes.indices)
  func `every pin has exactly its free play on every side`(index: Int) throws {
    let size = Self.sizes[index]
    var connector = header
    connector.rows = size.rows
    connector.columns = size.columns
    connector.pitch = size.pitch
    connector.pin = size.pin
    connector.hole = size.hole
    let arm = try SimulatedArm(world(connector: connector), seed: 1)
    let scene = try Scene(arm.modelXML)
    let play = (size.hole - size.pin) / 2
    for direction in [Vector3(1, 0, 0), Vector3(-1, 0, 0), Vector3(0, 1, 0), Vector3(0, -1, 0)] {
      for share in [0.0, 0.5, 0.9, 1.1, 1.3] {
        scene.seat(shifted: direction * (share * play), short: 0.0008)
        for pin in 0..<connector.pins {
          let gap = scene.gap(ofPin: pin)
          #expect(abs(gap - (1 - share) * play) < 2e-6, "pin \(pin) at \(share) of \(play)")
        }
      }
    }
  }

  @Test func `pins shorter than the board stay in it and the housing stops on its top`() throws {
    let arm = try SimulatedArm(world(), seed: 1)
    let scene = try Scene(arm.modelXML)
    for short in [0.0, 0.0005, 0.002] {
      scene.seat(shifted: .zero, short: short)
      #expect(abs(scene.gap(of: "header/housing") - short) < 2e-6)
    }
  }
}

/// The saved scene, posed by hand.
private final class Scene {
  let model: UnsafeMutablePointer<mjModel>
  let data: UnsafeMutablePointer<mjData>
  let part: Int
  let board: Int

  init(_ xml: String) throws {
    let spec = try #require(mj_parseXMLString(xml, nil, nil, 0))
    defer { mj_deleteSpec(spec) }
    model = try #require(mj_compile(spec, nil))
    data = try #require(mj_makeData(model))
    part = Int(mj_name2id(model, Int32(mjOBJ_BODY.rawValue), "header/part"))
    board = Int(mj_name2id(model, Int32(mjOBJ_BODY.rawValue), "circuit/board"))
    mj_kinematics(model, data)
  }

  deinit {
    mj_deleteData(data)
    mj_deleteModel(model)
  }

  /// Moves the board so that the part is this far from its seat: sideways [m] and above [m].
  func seat(shifted: Vector3, short: Double) {
    let x = data.pointee.xpos + 3 * part
    let q = data.pointee.xquat + 4 * part
    let baseFromPart = Transform<Base, Part>(
      rotation: Rotation(w: q[0], x: q[1], y: q[2], z: q[3]),
      translation: Vector3(x[0], x[1], x[2]))
    let boardFromPart = Transform<Board, Part>(
      rotation: Rotation(w: 0, x: 1, y: 0, z: 0), translation: shifted + Vector3(0, 0, short))
    let pose = baseFromPart * boardFromPart.inverse
    for axis in 0..<3 {
      data.pointee.mocap_pos[axis] = pose.translation[axis]
      data.pointee.mocap_quat[axis + 1] = pose.rotation.vector[axis]
    }
    data.pointee.mocap_quat[0] = pose.rotation.w
    mj_kinematics(model, data)
  }

  func gap(ofPin pin: Int) -> Double { gap(of: "header/pin\(pin)") }

  /// Smallest signed distance of a geom to the board's solid boxes [m].
  func gap(of name: String) -> Double {
    let geom = mj_name2id(model, Int32(mjOBJ_GEOM.rawValue), name)
    let solid = (0..<Int(model.pointee.ngeom)).filter {
      Int(model.pointee.geom_bodyid[$0]) == board
    }
    return solid.map { mj_geomDistance(model, data, geom, Int32($0), 1, nil) }.min() ?? .nan
  }
}
