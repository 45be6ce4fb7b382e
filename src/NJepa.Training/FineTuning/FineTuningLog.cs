using Microsoft.Extensions.Logging;

namespace NJepa.Training;

/// <summary>The tuner's log messages, structured.</summary>
internal static partial class FineTuningLog
{
    [LoggerMessage(EventId = 40, Level = LogLevel.Information, Message = "Fine-tuning steps {FirstStep} to {TotalSteps} in batches of {BatchSize} on {Device}, {ImageCount} images and {ValidationCount} to validate, seed {Seed}")]
    public static partial void FineTuningStarted(this ILogger logger, long firstStep, long totalSteps, int batchSize, TorchSharp.torch.Device device, int imageCount, int validationCount, ulong seed);

    [LoggerMessage(EventId = 41, Level = LogLevel.Information, Message = "Epoch {Epoch}/{Epochs}: loss {TrainingLoss:0.0000}, training accuracy {TrainingAccuracy:P1}, validation accuracy {ValidationAccuracy:P1}")]
    public static partial void FineTuningEpochEnded(this ILogger logger, int epoch, int epochs, double trainingLoss, double trainingAccuracy, double? validationAccuracy);

    [LoggerMessage(EventId = 42, Level = LogLevel.Information, Message = "Fine-tuning ended after step {Step} of {TotalSteps} with the weights of epoch {BestEpoch} in {Elapsed}")]
    public static partial void FineTuningEnded(this ILogger logger, long step, long totalSteps, int bestEpoch, TimeSpan elapsed);
}
