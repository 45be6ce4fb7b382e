using Microsoft.Extensions.Logging;
using NJepa.Models;

namespace NJepa.Training;

/// <summary>The trainer's log messages, structured.</summary>
internal static partial class TrainingLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Pretraining steps {FirstStep} to {TotalSteps} in batches of {BatchSize} on {Device}, {ImageCount} images, seed {Seed}\n{Model}")]
    public static partial void Started(this ILogger logger, long firstStep, long totalSteps, int batchSize, TorchSharp.torch.Device device, int imageCount, ulong seed, JepaModel model);

    [LoggerMessage(
        EventId = 2,
        Level = LogLevel.Information,
        Message = "Step {Step}/{TotalSteps} epoch {Epoch}: loss {Loss:0.0000}, clean-teacher {CleanTeacher:0.0000}, noisy-teacher {NoisyTeacher:0.0000}, noisy-clean {NoisyClean:0.0000}, {ImagesPerSecond:0} images/s, {LoaderWaitShare:P0} waiting for images")]
    public static partial void Progress(
        this ILogger logger, long step, long totalSteps, int epoch, double loss, double cleanTeacher, double? noisyTeacher, double? noisyClean, double imagesPerSecond, double loaderWaitShare);

    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message = "Pretraining ended after step {Step} of {TotalSteps} in {Elapsed}")]
    public static partial void Ended(this ILogger logger, long step, long totalSteps, TimeSpan elapsed);

    [LoggerMessage(EventId = 4, Level = LogLevel.Information, Message = "Saved {Path}")]
    public static partial void Saved(this ILogger logger, string path);

    [LoggerMessage(
        EventId = 10,
        Level = LogLevel.Warning,
        Message = "Training waited for images {LoaderWaitShare:P0} of the time up to step {Step}. Raise LoaderThreads (it is {LoaderThreads}), shrink the images beforehand or keep them in an image cache. Said once per run")]
    public static partial void SlowLoader(this ILogger logger, long step, double loaderWaitShare, int loaderThreads);

    [LoggerMessage(
        EventId = 11,
        Level = LogLevel.Warning,
        Message = "Step {Step} of {TotalSteps} was skipped: {What}. Learning rate {LearningRate}, images (indices into the source) {Samples}. Up to step {LastStep} {Blocked} steps were skipped for that, {Skipped} in the whole run; more than {MaxSkippedSteps} stop it. If it goes on: {Remedies}")]
    public static partial void SkippedStep(
        this ILogger logger, long step, long totalSteps, string what, double learningRate, string samples, long blocked, long lastStep, long skipped, int maxSkippedSteps, string remedies);

    [LoggerMessage(
        EventId = 12,
        Level = LogLevel.Warning,
        Message = "The teacher hardly tells images apart (step {Step}, {Images} fixed images): its features vary over the images by {Variation:0.0000} of their size (usual is above 0.1, suspicious {SmallestVariation} and less), RankMe is {RankMe:0.0} of {Width} (usual is above 5, suspicious less than {SmallestRankMe:0.0}), the mean cosine of two images {Cosine:0.00}. Features that are the same for all images are easy to predict: a low loss means nothing then, and the encoder is of little use. If it stays so, stop and {Remedies}. Said once until it recovers")]
    public static partial void Collapsed(
        this ILogger logger, long step, int images, double variation, double smallestVariation, double rankMe, int width, double smallestRankMe, double cosine, string remedies);

    [LoggerMessage(
        EventId = 13,
        Level = LogLevel.Information,
        Message = "The teacher tells images apart again (step {Step}): its features vary over the images by {Variation:0.0000} of their size, RankMe is {RankMe:0.0} of {Width}")]
    public static partial void Recovered(this ILogger logger, long step, double variation, double rankMe, int width);

    [LoggerMessage(
        EventId = 14,
        Level = LogLevel.Warning,
        Message = "Whether the features collapse cannot be watched in this run (step {Step}): {Problem}. Training goes on; set CollapseProbeImages otherwise, or WatchCollapse to false to be spared this")]
    public static partial void CollapseUnknown(this ILogger logger, long step, string problem);

    [LoggerMessage(
        EventId = 15,
        Level = LogLevel.Information,
        Message = "Probe after step {Step}: kNN {NearestNeighbours:P1}, linear probe {LinearProbe:P1}, RankMe {RankMe:0.0} ({TestImages} test images, {Seconds:0.0} s)")]
    public static partial void Probed(this ILogger logger, long step, double nearestNeighbours, double? linearProbe, double rankMe, int testImages, double seconds);

    [LoggerMessage(EventId = 16, Level = LogLevel.Warning, Message = "The probe could not judge the encoder after step {Step}: {Problem} Training goes on, and the next reading is tried")]
    public static partial void ProbeFailed(this ILogger logger, long step, string problem);

    [LoggerMessage(
        EventId = 5,
        Level = LogLevel.Warning,
        Message = "Precision.BFloat16 is slower than Float32 on {Device}: this processor has no bfloat16 instructions that libtorch uses, so that products are computed in float32 on rounded numbers. Use Precision.Float32 here.")]
    public static partial void SlowBFloat16(this ILogger logger, TorchSharp.torch.Device device);

    [LoggerMessage(EventId = 20, Level = LogLevel.Information, Message = "Checkpoint {Path}")]
    public static partial void Checkpointed(this ILogger logger, string path);

    [LoggerMessage(EventId = 21, Level = LogLevel.Error, Message = "{Problem} Training goes on without it")]
    public static partial void CheckpointFailed(this ILogger logger, string problem);

    [LoggerMessage(EventId = 22, Level = LogLevel.Warning, Message = "The checkpoint {Path} cannot be used: {Problem}. The one before it, {Used}, is taken; the steps in between are done again")]
    public static partial void DamagedCheckpoint(this ILogger logger, string path, string problem, string used);

    [LoggerMessage(EventId = 23, Level = LogLevel.Information, Message = "Going on after step {Step} of {TotalSteps} from {Path}")]
    public static partial void Resumed(this ILogger logger, long step, long totalSteps, string path);

    [LoggerMessage(EventId = 24, Level = LogLevel.Information, Message = "Changed since the checkpoint: {Change}")]
    public static partial void ResumedWithChange(this ILogger logger, string change);

    [LoggerMessage(EventId = 25, Level = LogLevel.Warning, Message = "The checkpoint was written in other surroundings, so that numbers may be rounded in another way from here on: {Differences}")]
    public static partial void ResumedElsewhere(this ILogger logger, string differences);

    [LoggerMessage(EventId = 26, Level = LogLevel.Error, Message = "No checkpoint could be written ({Problem}) when the run stopped: {Cause}")]
    public static partial void NotSavedBeforeFailing(this ILogger logger, string problem, string cause);

    [LoggerMessage(EventId = 27, Level = LogLevel.Warning, Message = "The list of bad images {Path} cannot be read and is begun anew: {Problem}")]
    public static partial void BadImageFileIgnored(this ILogger logger, string path, string problem);

    [LoggerMessage(EventId = 28, Level = LogLevel.Warning, Message = "The list of bad images in {Folder} cannot be written: {Problem}")]
    public static partial void BadImagesNotListed(this ILogger logger, string folder, string problem);

    [LoggerMessage(EventId = 29, Level = LogLevel.Warning, Message = "An old checkpoint in {Folder} cannot be deleted: {Problem} The new one is complete; deleting is tried again after the next. Close what has its files open")]
    public static partial void NotPruned(this ILogger logger, string folder, string problem);
}
