namespace NJepa.Evaluation;

/// <summary>How the learning rate of a linear probe falls from its peak.</summary>
public enum ProbeSchedule
{
    /// <summary>Half a cosine, from the peak at the first step to nearly 0 at the last.</summary>
    Cosine,

    /// <summary>In steps: multiplied by <see cref="GradientProbeOptions.StepFactor"/> every <see cref="GradientProbeOptions.StepEpochs"/> epochs.</summary>
    Step,
}
