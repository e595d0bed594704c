import Episodes
import Foundation
import Geometry
import Messages
import Recipes
import Rendering

/// Draws states of an episode: the whole arm beside the connector from close by.
struct EpisodePictures: ~Copyable {
  private let states: [SimulatorState]
  private var scene: SceneRenderer
  private let connector: SIMD3<Double>

  /// Opens the scene that an episode was recorded in; sizes of one view in pixels.
  init(
    _ recorded: RecordedEpisode, recipe: SessionRecipe, width: Int = 640, height: Int = 480
  ) throws {
    guard let start = recorded.origin.world else {
      throw SessionFailure("\(recorded.path): recorded on a real arm; there is nothing to draw")
    }
    var scene = try SceneRenderer(modelXML: recorded.scene, width: width, height: height)
    for placement in start.placements {
      let pose = placement.parentFromBody
      try scene.placeBody(
        named: placement.body, position: pose.translation,
        rotation: SIMD4(
          pose.rotation.w, pose.rotation.vector.x, pose.rotation.vector.y, pose.rotation.vector.z))
    }
    self.scene = scene
    states =
      [SimulatorState(tick: start.state.tick, integration: start.integration)]
      + recorded.simulatorStates
    connector = recipe.task.connector.boardPose.baseFromBoard.translation
  }

  /// What draws.
  var renderer: String { "\(scene.backend.rawValue), \(scene.device)" }

  /// The picture of a state, with a line of text.
  mutating func picture(of state: SimulatorState, _ line: String = "") throws -> RGBImage {
    var arm = try scene.render(
      integrationState: state.integration, camera: .overview(ofArmAt: .zero))
    let close = try scene.render(
      integrationState: state.integration, camera: .closeUp(ofConnectorAt: connector))
    if !line.isEmpty { arm.write(line, left: 8, top: 8, scale: 1) }
    return arm.beside(close)
  }

  /// Pictures from the first state to the last, equally far apart.
  consuming func pictures(count: Int) throws -> [(tick: Int64, image: RGBImage)] {
    var pictures: [(Int64, RGBImage)] = []
    for index in 0..<min(count, states.count) {
      let state = states[index * (states.count - 1) / max(1, min(count, states.count) - 1)]
      pictures.append((state.tick, try picture(of: state)))
    }
    return pictures
  }
}

/// The pictures of an episode's steps as files.
struct EpisodeFilm: ~Copyable {
  private(set) var frames = 0
  private var pictures: EpisodePictures
  private var video: VideoFile?
  private var last: RGBImage?
  private let png: String?

  /// A film at the task's rate; nil when no pictures are wanted.
  init?(_ recorded: RecordedEpisode, recipe: SessionRecipe, options: ShowOptions) throws {
    guard options.png != nil || options.video != nil else { return nil }
    let pictures = try EpisodePictures(
      recorded, recipe: recipe, width: options.width, height: options.height)
    let video = try Self.video(options, recipe.task.rate)
    self.pictures = pictures
    self.video = video
    png = options.png
  }

  private static func video(_ options: ShowOptions, _ rate: Double) throws -> VideoFile? {
    guard let path = options.video else { return nil }
    return try VideoFile(
      creating: path, width: 2 * options.width, height: options.height, framesPerSecond: rate)
  }

  /// What draws.
  var renderer: String { pictures.renderer }

  /// Draws a state with a line of text.
  mutating func film(_ state: SimulatorState, _ line: String) throws {
    let image = try pictures.picture(of: state, line)
    try video?.add(image)
    last = image
    frames += 1
  }

  /// Completes the files.
  consuming func finish() throws {
    if let png, let last {
      try write(Data(last.png()), toFile: png)
    }
    if let video { try video.finish() }
  }
}
