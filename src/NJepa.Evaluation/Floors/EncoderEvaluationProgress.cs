namespace NJepa.Evaluation;

/// <summary>How far an <see cref="EncoderEvaluation"/> is.</summary>
/// <param name="Stage">What is being done: <c>pretrained encoder: training features</c>.</param>
/// <param name="Done">The part of all stages that is done, from 0 to 1. Stages count the same, though some take longer.</param>
public readonly record struct EncoderEvaluationProgress(string Stage, double Done);
