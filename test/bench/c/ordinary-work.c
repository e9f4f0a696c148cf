// Does ordinary work for bill.ts: for each line with the name of a kind of work it does it in short
// bursts, and answers with the least nanoseconds a time. Bursts are short, so that some of them are
// not interrupted by other programs.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 1024 };

extern char **environ;
static char page[PAGE];
// A folder of its own: a program that watches /tmp would hear of each write to a file right in it.
static char folder[] = "/tmp/ordinary-work-XXXXXX", path[sizeof folder + 5], other_path[sizeof folder + 9];
static const char *source;
static int file, appended, ends[2], client, terminal;

static void must(int done, const char *what)
{
	if (done)
		return;
	perror(what);
	exit(1);
}

static long long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void read_page(int n)
{
	must(pread(file, page, PAGE, (long)(n * 31 % PAGES) * PAGE) == PAGE, "pread");
}

static void read_byte(int n)
{
	must(pread(file, page, 1, n) == 1, "pread");
}

static void write_byte(int n)
{
	must(pwrite(file, page, 1, n) == 1, "pwrite");
}

static void append_page(int n)
{
	if (n == 0)
		must(ftruncate(appended, 0) == 0 && lseek(appended, 0, SEEK_SET) == 0, "ftruncate");
	must(write(appended, page, PAGE) == PAGE, "write");
}

static void pipe_byte(int n)
{
	must(write(ends[1], page, 1) == 1 && read(ends[0], page, 1) == 1, "pipe");
}

static void parent_id(int n)
{
	syscall(SYS_getppid);
}

static void open_close(int n)
{
	int opened = open(path, O_RDONLY);
	must(opened >= 0, "open");
	close(opened);
}

static void run(const char *program, char *const arguments[], struct rusage *usage)
{
	pid_t child;
	int status;
	must(posix_spawnp(&child, program, NULL, NULL, arguments, environ) == 0, program);
	must(wait4(child, &status, 0, usage) == child && status == 0, program);
}

static void fork_exec(int n)
{
	char *arguments[] = {"true", NULL};
	run("/bin/true", arguments, NULL);
}

// All that follows is on one processor: then a switch of threads is all that an echo waits for.
static void start_echo(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	cpu_set_t one;
	char byte;
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof one, &one);
	must(bind(listener, (void *)&address, length) == 0 && listen(listener, 1) == 0, "listen");
	getsockname(listener, (void *)&address, &length);
	if (fork() == 0) {
		int server = accept(listener, NULL, NULL);
		while (read(server, &byte, 1) == 1 && write(server, &byte, 1) == 1)
			;
		_exit(0);
	}
	client = socket(AF_INET, SOCK_STREAM, 0);
	must(connect(client, (void *)&address, length) == 0, "connect");
}

static void tcp_echo(int n)
{
	must(write(client, page, 1) == 1 && read(client, page, 1) == 1, "echo");
}

// Reads up to the next prompt.
static void until_prompt(void)
{
	char screen[PAGE];
	int length = 0;
	do {
		int got = read(terminal, screen + length, sizeof screen - 1 - length);
		must(got > 0, "bash");
		length += got;
		screen[length] = 0;
	} while (strstr(screen, "ready> ") == NULL);
}

static void start_bash(void)
{
	char *arguments[] = {"bash", "--norc", "--noprofile", "-i", NULL};
	if (forkpty(&terminal, NULL, NULL, NULL) == 0) {
		setenv("PS1", "ready> ", 1);
		setenv("TERM", "dumb", 1);
		setenv("HISTFILE", "/dev/null", 1);
		execv("/bin/bash", arguments);
		_exit(1);
	}
	until_prompt();
}

static void bash_line(int n)
{
	must(write(terminal, ":\n", 2) == 2, "bash");
	until_prompt();
}

static long long processor_ns(const struct rusage *usage)
{
	return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000LL +
	       (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000LL;
}

// The processor time of a build, with that of its children.
static long long build(void)
{
	char *arguments[] = {"gcc", "-O2", "-c", "-o", "/dev/null", (char *)source, NULL};
	struct rusage before, after;
	getrusage(RUSAGE_CHILDREN, &before);
	run("gcc", arguments, NULL);
	getrusage(RUSAGE_CHILDREN, &after);
	return processor_ns(&after) - processor_ns(&before);
}

static const struct work {
	const char *name;
	void (*once)(int n);
	int times, bursts;
} works[] = {
	{"pread-page", read_page, 50, 1000},
	{"pread-byte", read_byte, 100, 1000},
	{"append-page", append_page, 50, 200},
	{"pwrite-byte", write_byte, 50, 1000},
	{"pipe-byte", pipe_byte, 50, 1000},
	{"getppid", parent_id, 200, 1000},
	{"open-close", open_close, 50, 500},
	{"fork-exec", fork_exec, 1, 200},
	{"tcp-echo", tcp_echo, 10, 300},
	{"bash-line", bash_line, 1, 300},
};

static double least(const struct work *work)
{
	long long best = -1;
	for (int burst = 0; burst < work->bursts; burst++) {
		long long start = now();
		for (int n = 0; n < work->times; n++)
			work->once(n);
		long long took = now() - start;
		if (best < 0 || took < best)
			best = took;
	}
	return (double)best / work->times;
}

static double answer(const char *name)
{
	if (strcmp(name, "build") == 0)
		return build();
	for (size_t at = 0; at < sizeof works / sizeof *works; at++)
		if (strcmp(name, works[at].name) == 0)
			return least(&works[at]);
	exit(2);
}

int main(int count, char **arguments)
{
	char name[32];
	source = count > 1 ? arguments[1] : "";
	must(mkdtemp(folder) != NULL, "mkdtemp");
	snprintf(path, sizeof path, "%s/file", folder);
	snprintf(other_path, sizeof other_path, "%s/appended", folder);
	file = open(path, O_RDWR | O_CREAT, 0600);
	appended = open(other_path, O_RDWR | O_CREAT, 0600);
	must(file >= 0 && appended >= 0, "open");
	unlink(other_path);
	must(pipe(ends) == 0, "pipe");
	for (int n = 0; n < PAGES; n++)
		must(write(file, page, PAGE) == PAGE, "write");
	start_echo();
	start_bash();
	while (scanf("%31s", name) == 1) {
		printf("%.1f\n", answer(name));
		fflush(stdout);
	}
	unlink(path);
	rmdir(folder);
	return 0;
}
