using NJepa.Evaluation;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>An encoder's features of the images that it is judged by.</summary>
/// <param name="Train">Those that classifiers learn from.</param>
/// <param name="Test">Those that they are tested on; null where there are none.</param>
internal sealed record EncoderFeatures(FeatureSet Train, FeatureSet? Test);
