using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Method;

/// <summary>The moving average, and that nothing else changes the teacher.</summary>
public sealed class TeacherTests : TensorTest
{
    [Fact]
    public void The_teacher_starts_as_a_copy_of_the_student_and_gets_no_gradient()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().Build();
        foreach (ModelParameter parameter in model.TeacherParameters.Parameters)
        {
            Small.ShouldBeBitEqual(parameter.Value, Student(model, parameter).Value, parameter.Name);
        }

        (JepaOutputs outputs, JepaLosses losses) = Small.Step(model);
        float[] before = Small.Values(model.TeacherParameters.Values);
        losses.Total.backward();

        outputs.TargetsBMTD.requires_grad.Should().BeFalse();
        outputs.ContextBKD.requires_grad.Should().BeTrue();
        model.TeacherParameters.Gradients.Should().BeNull();
        model.TeacherParameters.Parameters.All(parameter => !parameter.Value.requires_grad && parameter.Gradient is null && parameter.Value.grad is null).Should().BeTrue();
        Small.Values(model.TeacherParameters.Values).Should().Equal(before);
        Action clear = model.TeacherParameters.ZeroGradients;
        clear.Should().Throw<InvalidOperationException>().WithMessage("These parameters are not trained and have no gradients.");
    }

    [Theory]
    [InlineData(0.996)]
    [InlineData(0.5)]
    [InlineData(0.25)]
    [InlineData(0.9999)]
    public void The_update_is_the_weighted_mean_to_the_last_digits(double momentum)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().Build();
        Small.Scramble(model);
        float[] before = Small.Values(model.TeacherParameters.Values);
        float[] student = [.. model.TeacherParameters.Parameters.SelectMany(parameter => Small.Values(Student(model, parameter).Value))];

        model.UpdateTeacher(momentum);

        float[] after = Small.Values(model.TeacherParameters.Values);
        for (int i = 0; i < after.Length; i++)
        {
            double expected = (momentum * before[i]) + ((1 - momentum) * student[i]);
            double ulp = Math.Max(Math.Abs(before[i]), Math.Abs(student[i])) * Math.Pow(2, -23);
            if (!(Math.Abs(after[i] - expected) <= 1.5 * ulp))
            {
                Assert.Fail($"Element {i}: {after[i]:R} where {momentum} * {before[i]:R} + (1 - {momentum}) * {student[i]:R} = {expected:R}");
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(0.996)]
    public void An_update_that_the_device_blocks_changes_no_bit_and_one_that_it_does_not_is_the_usual(double momentum)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().Build(), other = Small.NJepa().Build();
        Small.Scramble(model);
        Small.Scramble(other);
        Tensor before = model.TeacherParameters.Values.clone();

        model.UpdateTeacher(momentum, tensor(1f));
        Small.ShouldBeBitEqual(model.TeacherParameters.Values, before, "blocked");

        model.UpdateTeacher(momentum, tensor(0f));
        other.UpdateTeacher(momentum);
        Small.ShouldBeBitEqual(model.TeacherParameters.Values, other.TeacherParameters.Values, "not blocked");
    }

    [Fact]
    public void Momentum_one_changes_no_bit_and_momentum_zero_copies_the_student()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().Build();
        Small.Scramble(model);
        float[] before = Small.Values(model.TeacherParameters.Values);

        model.UpdateTeacher(1);
        Small.Values(model.TeacherParameters.Values).Should().Equal(before);

        model.UpdateTeacher(0);
        foreach (ModelParameter parameter in model.TeacherParameters.Parameters)
        {
            Small.ShouldBeBitEqual(parameter.Value, Student(model, parameter).Value, parameter.Name);
        }
    }

    [Fact]
    public void The_update_leaves_the_student_alone_and_a_reset_copies_it()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().Build();
        Small.Scramble(model);
        float[] before = Small.Values(model.Parameters.Values);

        model.UpdateTeacher(0.5);
        model.ResetTeacher();

        Small.Values(model.Parameters.Values).Should().Equal(before);
        Small.ShouldBeBitEqual(model.TeacherParameters["target_encoder.norm.bias"].Value, model.Parameters["encoder.norm.bias"].Value);
    }

    [Theory]
    [InlineData(-0.001)]
    [InlineData(1.001)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Other_momenta_are_refused(double momentum)
    {
        using JepaModel model = Small.IJepa().Build();
        float[] before = Small.Values(model.TeacherParameters.Values);

        Action update = () => model.UpdateTeacher(momentum);

        update.Should().Throw<ArgumentOutOfRangeException>().WithMessage(
            "The EMA momentum must be from 0 (the teacher becomes the student) to 1 (the teacher stays as it is). (Parameter 'momentum')\nActual value was *.");
        Small.Values(model.TeacherParameters.Values).Should().Equal(before);
    }

    private static ModelParameter Student(JepaModel model, ModelParameter teacher) => model.Parameters[teacher.Name["target_".Length..]];
}
