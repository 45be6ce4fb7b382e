namespace NJepa.Training;

/// <summary>What a run does with a step whose loss or gradient is infinite or not a number. In no case do such numbers reach the weights, AdamW's moments or the teacher.</summary>
public enum NonFinitePolicy
{
    /// <summary>The run ends with a <see cref="NonFiniteException"/>; the weights are those before the step.</summary>
    Stop,

    /// <summary>The step changes nothing, a warning names it, and the run goes on; after more than <see cref="PretrainingOptions.MaxSkippedSteps"/> of them it ends as with <see cref="Stop"/>.</summary>
    SkipStep,
}
