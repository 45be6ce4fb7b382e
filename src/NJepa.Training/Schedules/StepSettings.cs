namespace NJepa.Training;

/// <summary>What the schedules say for one step.</summary>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="WeightDecay">The decoupled weight decay of matrices, convolutions and mask tokens; biases and norms have none.</param>
/// <param name="Momentum">The EMA momentum of the teacher's update after this step.</param>
public readonly record struct StepSettings(double LearningRate, double WeightDecay, double Momentum);
