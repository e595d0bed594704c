import Foundation
import Rendering
import Testing

/// A small generator, so that every run draws the same.
struct SampleGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_F491_4F6C_DD1D
  }
}

/// Scenes, states and pictures to try.
enum Sample {
  /// An arm of two joints beside a post, a mocap plate and a free ball; the post's place is given.
  static func scene(postAt place: String = #"pos="0.3 -0.2 0.1""#, sky: Bool = false) -> String {
    """
    <mujoco>
      <asset>
        \(sky ? #"<texture type="skybox" builtin="flat" rgb1="0 0 0" width="8" height="48"/>"# : "")
        <material name="shell" rgba="0.8 0.3 0.2 1"/>
      </asset>
      <worldbody>
        <light pos="0 0 3"/>
        <geom type="plane" size="2 2 0.1" rgba="0.6 0.7 0.6 1"/>
        <body name="upper" pos="0 0 0.2">
          <joint name="shoulder" axis="0 1 0"/>
          <geom type="capsule" fromto="0 0 0 0.3 0 0.2" size="0.05" material="shell"/>
          <body name="lower" pos="0.3 0 0.2">
            <joint name="elbow" axis="0 0 1"/>
            <geom type="box" pos="0.1 0 0" size="0.1 0.03 0.03" rgba="0.2 0.3 0.8 1"/>
          </body>
        </body>
        <body name="post" \(place)><geom type="box" size="0.05 0.03 0.1"/></body>
        <body name="plate" mocap="true" pos="-0.2 0.3 0.1">
          <geom type="box" size="0.1 0.1 0.01" contype="0" conaffinity="0"/>
        </body>
        <body name="ball" pos="-0.3 -0.3 0.3"><freejoint/><geom size="0.08"/></body>
      </worldbody>
    </mujoco>
    """
  }

  /// Where the joints' positions start in a state: after the time.
  static let shoulder = 1
  static let elbow = 2

  static let view = CameraView(
    lookAt: SIMD3(0, 0, 0.2), distance: 1.6, azimuth: 120, elevation: -25)

  static func image(width: Int, height: Int, _ source: inout SampleGenerator) -> RGBImage {
    let bytes = (0..<(3 * width * height)).map { _ in UInt8.random(in: 0...255, using: &source) }
    return RGBImage(width: width, height: height, pixels: bytes)
  }
}

/// A folder for one test, removed with the value.
final class Scratch {
  let root = NSTemporaryDirectory() + "rendering-" + UUID().uuidString

  init() throws {
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func path(_ name: String) -> String { root + "/" + name }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted()
  }

  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
  }

  func text(_ name: String) throws -> String {
    try String(contentsOf: URL(fileURLWithPath: path(name)), encoding: .utf8)
  }

  /// A program of a few lines of shell.
  func program(_ name: String, _ lines: String) throws -> String {
    try write(Array("#!/bin/sh\n\(lines)\n".utf8), to: name)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: path(name))
    return path(name)
  }
}

/// Tests that start programs: one after the other, as some count the processes that are left.
@Suite(.serialized) enum ProgramTests {}

/// What a program prints, and its status.
func run(_ words: [String]) throws -> (output: [UInt8], status: Int32) {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = words
  let output = Pipe()
  process.standardOutput = output
  process.standardError = FileHandle.nullDevice
  process.standardInput = FileHandle.nullDevice
  try process.run()
  let bytes = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
  process.waitUntilExit()
  return (bytes, process.terminationStatus)
}

/// A file's pictures as FFmpeg decodes them, one after the other, with every checksum checked.
func decoded(_ path: String) throws -> [UInt8] {
  try run([
    "ffmpeg", "-v", "error", "-err_detect", "crccheck+explode", "-i", path, "-f", "rawvideo",
    "-pix_fmt", "rgb24", "-",
  ]).output
}
